import { isToolError } from '../base/tool-error.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import type { PlanInput } from '../plan/plan-pass.ts';

/** The room that the storage of a registry has, the serving one's by default, where this machine sees it; null where it does not. */
export async function readStorage(
  manifest: MirrorManifest,
  { readFreeSpace }: { readonly readFreeSpace?: (path: string) => Promise<number> },
  role: RoleName = servingRole(manifest),
): Promise<PlanInput['storage']> {
  const path = manifest.registries[role].storagePath;
  if (path === null || readFreeSpace === undefined) return null;
  try {
    return { path, freeBytes: await readFreeSpace(path), fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { path, freeBytes: null, fault: error.message };
  }
}
