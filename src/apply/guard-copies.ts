import type { HeldLock } from '../base/locker.ts';
import type { Copier } from './port.ts';

/** A copier that writes nothing unless the lock is surely held; every write goes through it. */
export function guardCopies(copier: Copier, lock: HeldLock): Copier {
  return {
    ...copier,
    async copy(request, signal) {
      await lock.assertHeld();
      await copier.copy(request, signal);
    },
  };
}
