import type { DiskForecast, StrategyAdvice } from '../../src/plan/advice-types.ts';
import { createAmount } from '../../src/plan/held.ts';

const NOTHING = createAmount(0);

export function makeDisk(changes: Partial<DiskForecast> = {}): DiskForecast {
  return {
    now: NOTHING,
    after: NOTHING,
    cleaned: NOTHING,
    later: NOTHING,
    fits: null,
    fitsLater: null,
    ...changes,
  };
}

export function makeStrategy(
  strategy: StrategyAdvice['strategy'],
  changes: Partial<StrategyAdvice> = {},
): StrategyAdvice {
  return {
    strategy,
    blockers: [],
    copies: { images: 0, bytes: NOTHING, repositories: [] },
    perDelivery: NOTHING,
    disk: { production: makeDisk(), staging: makeDisk() },
    seconds: null,
    steps: [],
    ...changes,
  };
}
