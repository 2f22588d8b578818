import { isToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import type { InUse } from '../manifest/in-use.ts';
import { findClusterUpgrades, type ServedChange } from '../plan/cluster-upgrades.ts';
import type { InUseFacts } from '../plan/upgrade-checks.ts';
import { readInUse } from './read-in-use.ts';

/** What clusters of `in-use.yaml` meet by changes of catalogs; null where there is no such file. */
export async function findUpgrades(
  snapshot: Snapshot,
  listChanges: () => Promise<readonly ServedChange[]>,
): Promise<InUseFacts | null> {
  let inUse: InUse | null;
  try {
    inUse = await readInUse(snapshot);
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_IN_USE_INVALID')) throw error;
    return { upgrades: [], fault: error };
  }
  if (inUse === null) return null;
  const { uses } = inUse;
  const upgrades = (await listChanges()).flatMap((change) => findClusterUpgrades(uses, change));
  return { upgrades, fault: null };
}
