import type { Clock } from '../base/clock.ts';
import type { Wake } from './watch-types.ts';

/** Collects wakes while a pass runs; several become one. */
export interface Waker {
  readonly ring: (wake: Wake) => void;
  /** Resolves when it rings, or at once when it rang since the last `take`. */
  readonly rung: () => Promise<void>;
  /** The strongest wake since the last call, or null. */
  readonly take: () => Wake | null;
}

// What always runs a pass must not be forgotten for what may not.
const STRENGTHS: Readonly<Record<Wake['reason'], number>> = {
  commit: 0,
  webhook: 1,
  window: 2,
  request: 3,
};

export function createWaker(): Waker {
  let pending: Wake | null = null;
  let wakeUp: (() => void) | null = null;
  return {
    ring(wake) {
      if (pending === null || STRENGTHS[wake.reason] > STRENGTHS[pending.reason]) pending = wake;
      wakeUp?.();
    },
    rung() {
      if (pending !== null) return Promise.resolve();
      return new Promise((resolve) => {
        wakeUp = resolve;
      });
    },
    take() {
      const rang = pending;
      pending = null;
      return rang;
    },
  };
}

// Timers take no more than 31 bits and run out at once beyond that.
const LONGEST_SLEEP = 2 ** 31 - 1;

/** Sleeps until the time is over, the waker rings, or the signal aborts; never throws. */
export async function sleepOrRing(
  milliseconds: number,
  {
    clock,
    signal,
    waker,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly waker: Waker },
): Promise<void> {
  const controller = new AbortController();
  const slept = clock.sleep(
    Math.min(milliseconds, LONGEST_SLEEP),
    AbortSignal.any([signal, controller.signal]),
  );
  await Promise.race([waker.rung(), slept.catch(ignoreAbort)]);
  controller.abort();
}

function ignoreAbort(): void {}
