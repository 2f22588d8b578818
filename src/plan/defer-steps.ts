import type { ErrorCode } from '../base/error-codes.ts';
import { compareBytes } from '../base/text.ts';
import { sumByRepository } from './capacity.ts';
import { typeOfItem } from './item.ts';
import type { CatalogPlan, Outcome, Plan, Step } from './types.ts';

type Unhashed = Omit<Plan, 'hash'>;

/** Why a step is not taken now. */
export interface Deferral {
  readonly message: string;
  readonly code: ErrorCode;
}

/**
 * Takes steps out of a plan, by id; each of their items ends as deferred (promise 8). Whoever asks sees to
 * it that no step stays that needs one of them.
 */
export function deferSteps(plan: Unhashed, deferrals: ReadonlyMap<string, Deferral>): Unhashed {
  if (deferrals.size === 0) return plan;
  const kept = plan.steps.filter(({ id }) => !deferrals.has(id));
  const rest = plan.steps.filter(({ id }) => deferrals.has(id));
  const deferred = rest.flatMap(({ id, items }) => {
    const deferral = deferrals.get(id);
    return deferral === undefined ? [] : items.map((item) => settle(item, deferral));
  });
  return {
    ...plan,
    steps: kept,
    settled: [...plan.settled, ...deferred].toSorted((a, b) => compareBytes(a.item, b.item)),
    catalogs: plan.catalogs.map((entry) => holdBack(entry, rest)),
    bytes: kept.reduce((sum, step) => sum + step.bytes, 0),
    repositories: sumByRepository(kept),
  };
}

function settle(item: string, { message, code }: Deferral): Outcome {
  return { item, type: typeOfItem(item), kind: 'deferred', message, code };
}

function holdBack(entry: CatalogPlan, rest: readonly Step[]): CatalogPlan {
  const waits = rest.some((step) => 'catalog' in step && step.catalog === entry.catalog);
  return waits ? { ...entry, action: 'blocked' } : entry;
}
