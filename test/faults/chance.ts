/** Chance that a seed repeats. */
export interface Chance {
  /** A whole number from 0, below the limit. */
  below(this: void, limit: number): number;
  pick<T>(this: void, items: readonly T[]): T;
}

export function createChance(seed: number): Chance {
  let state = Math.trunc(seed);
  // Mulberry32: small, and good enough to pick faults by.
  function next(): number {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
  function below(limit: number): number {
    return Math.floor(next() * limit);
  }
  function pick<T>(items: readonly T[]): T {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('Nothing to pick from.');
    return item;
  }
  return { below, pick };
}
