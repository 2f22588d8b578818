import { isToolError } from '../base/tool-error.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import type { PlanInput } from '../plan/plan-pass.ts';

/** The room that a registry's storage has, where this machine sees it; null where it does not. */
export async function readStorage(
  { registries }: MirrorManifest,
  { readFreeSpace }: { readonly readFreeSpace?: (path: string) => Promise<number> },
  role: RoleName = 'production',
): Promise<PlanInput['storage']> {
  const path = registries[role].storagePath;
  if (path === null || readFreeSpace === undefined) return null;
  try {
    return { path, freeBytes: await readFreeSpace(path), fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { path, freeBytes: null, fault: error.message };
  }
}
