import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};
