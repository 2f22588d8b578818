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

export function createWaker(): Waker {
  let pending: Wake | null = null;
  let wakeUp: (() => void) | null = null;
  return {
    ring(wake) {
      if (pending === null || pending.reason === 'commit') pending = wake;
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

/** So long at most before the clock is looked at again: a machine that slept, or whose clock was set, is noticed. */
const LONGEST_NAP = 60_000;

interface Sleeper {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly waker: Waker;
}

/** Sleeps until something wakes it, and can be told to sleep on. */
export interface Sleep {
  /** The wake, or null where it is time or the signal aborted. */
  next(): Promise<Wake | null>;
}

/**
 * Begins to sleep for a time. It is over by the clock, or when it has been slept through, whichever is first:
 * a clock that is set back must not put the next pass off, nor a machine that slept make it late.
 */
export function beginSleep(milliseconds: number, sleeper: Sleeper): Sleep {
  const { clock, signal, waker } = sleeper;
  const until = clock.now().getTime() + milliseconds;
  let slept = 0;
  return {
    async next() {
      while (!signal.aborted) {
        const left = Math.min(until - clock.now().getTime(), milliseconds - slept);
        if (left <= 0) return null;
        const nap = Math.min(left, LONGEST_NAP);
        await sleepOrRing(nap, sleeper);
        const wake = waker.take();
        if (wake !== null) return wake;
        slept += nap;
      }
      return null;
    },
  };
}

/** Sleeps until the time is over, the waker rings, or the signal aborts; never throws. */
async function sleepOrRing(milliseconds: number, { clock, signal, waker }: Sleeper): Promise<void> {
  const controller = new AbortController();
  const slept = clock.sleep(milliseconds, AbortSignal.any([signal, controller.signal]));
  await Promise.race([waker.rung(), slept.catch(ignoreAbort)]);
  controller.abort();
}

function ignoreAbort(): void {}
