import type { Clock } from '../base/clock.ts';
import type { ReconcileSettings } from '../manifest/types.ts';
import type { Hold } from '../plan/history-types.ts';

/** Whether the manifest asks the loop to write nothing now; a suspension ends by itself at `until`. */
export function isSuspended(suspend: ReconcileSettings['suspend'], clock: Clock): boolean {
  if (suspend === null) return false;
  return suspend.until === null || clock.now().getTime() < Date.parse(suspend.until);
}

/** A suspension that counts now, for people; null for none. */
export function describeSuspension(
  suspend: ReconcileSettings['suspend'],
  clock: Clock,
): Hold | null {
  if (suspend === null || !isSuspended(suspend, clock)) return null;
  return {
    kind: 'suspended',
    message: `suspended by ${suspend.by}: ${suspend.reason}; nothing is written`,
    until: suspend.until,
  };
}
