import { isToolError } from '../base/tool-error.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { PlanInput } from '../plan/plan-pass.ts';

/** The room that production's storage has, where this machine sees it; null where it does not. */
export async function readStorage(
  { registries }: MirrorManifest,
  { readFreeSpace }: { readonly readFreeSpace?: (path: string) => Promise<number> },
): Promise<PlanInput['storage']> {
  const path = registries.production.storagePath;
  if (path === null || readFreeSpace === undefined) return null;
  try {
    return { path, freeBytes: await readFreeSpace(path), fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { path, freeBytes: null, fault: error.message };
  }
}
