import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/cli/system-clock.ts';

/** A clock of a process that can be suspended: its timers stand still until it goes on. */
export interface StoppableClock extends Clock {
  suspend(): void;
  resume(): void;
}

export function createStoppableClock(): StoppableClock {
  let going = Promise.resolve();
  let end: (() => void) | null = null;
  return {
    now: () => systemClock.now(),
    async sleep(milliseconds, signal) {
      await systemClock.sleep(milliseconds, signal);
      await Promise.race([going, untilAborted(signal)]);
      signal?.throwIfAborted();
    },
    suspend() {
      going = new Promise((resolve) => {
        end = resolve;
      });
    },
    resume: () => end?.(),
  };
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
