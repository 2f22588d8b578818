import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';

// A timer that is asked to wait longer than this fires at once.
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    for (let left = milliseconds; left > 0; left -= LONGEST_TIMER)
      await setTimeout(
        Math.min(left, LONGEST_TIMER),
        undefined,
        signal === undefined ? {} : { signal },
      );
  },
};
