import { hostname } from 'node:os';
import { isRunning } from '../apply/lock-holder.ts';
import type { ReconcilerState, ReconcilerStatus } from '../plan/history-types.ts';
import { readKeptStatus } from './status-keeper.ts';

/** What the reconciler of a state folder says of itself, and whether it still lives; null where none ever ran. */
export async function findReconciler(stateFolder: string): Promise<ReconcilerState | null> {
  const status = await readKeptStatus(stateFolder);
  return status === null ? null : { ...status, life: judgeLife(status) };
}

function judgeLife({ process: { host, pid, stopped } }: ReconcilerStatus): ReconcilerState['life'] {
  if (stopped !== null) return 'stopped';
  if (host !== hostname()) return 'elsewhere';
  return isRunning(pid) ? 'running' : 'gone';
}
