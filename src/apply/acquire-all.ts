import type { HeldLock, Locker } from '../base/locker.ts';

/** Takes one key at all lockers, in their order, as one lock. It is lost as soon as one of them is. */
export async function acquireAll(
  lockers: readonly Locker[],
  key: string,
  signal: AbortSignal,
): Promise<HeldLock> {
  const held: HeldLock[] = [];
  async function release(): Promise<void> {
    for (const lock of held.toReversed()) await lock.release();
  }
  try {
    for (const locker of lockers) held.push(await locker.acquire(key, signal));
  } catch (error) {
    await release();
    throw error;
  }
  return {
    lost: AbortSignal.any(held.map(({ lost }) => lost)),
    async assertHeld() {
      for (const lock of held) await lock.assertHeld();
    },
    release,
  };
}
