import type { Clock } from '../base/clock.ts';
import type { ReconcileSettings } from '../manifest/types.ts';

/** Whether the manifest asks the loop to write nothing now; a suspension ends by itself at `until`. */
export function isSuspended(suspend: ReconcileSettings['suspend'], clock: Clock): boolean {
  if (suspend === null) return false;
  return suspend.until === null || clock.now().getTime() < Date.parse(suspend.until);
}
