import type { HeldLock } from '../base/locker.ts';
import type { Copier, PushRequest } from './port.ts';

/** A copier that writes nothing unless the lock is surely held; every write goes through it. */
export function guardCopies(copier: Copier, lock: HeldLock): Copier {
  async function fillThenAssert({ fill }: PushRequest, folder: string): Promise<readonly string[]> {
    const names = await fill(folder);
    await lock.assertHeld();
    return names;
  }
  return {
    ...copier,
    async copy(request, signal) {
      await lock.assertHeld();
      await copier.copy(request, signal);
    },
    pushImages: (request, signal) =>
      copier.pushImages({ ...request, fill: (folder) => fillThenAssert(request, folder) }, signal),
  };
}
