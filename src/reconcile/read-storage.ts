import { isToolError } from '../base/tool-error.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { PlanInput } from '../plan/plan-pass.ts';

/** The room that the storage of the serving registry has, where this machine sees it; null where it does not. */
export async function readStorage(
  manifest: MirrorManifest,
  { readFreeSpace }: { readonly readFreeSpace?: (path: string) => Promise<number> },
): Promise<PlanInput['storage']> {
  const path = manifest.registries[servingRole(manifest)].storagePath;
  if (path === null || readFreeSpace === undefined) return null;
  try {
    return { path, freeBytes: await readFreeSpace(path), fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { path, freeBytes: null, fault: error.message };
  }
}
