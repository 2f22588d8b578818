import { compareBytes, formatCount, formatNumber } from '../base/text.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import { sumByRepository } from './capacity.ts';
import { addEstimate, type StepEstimates, sumEstimates } from './estimate-requests.ts';
import { typeOfItem } from './item.ts';
import type { CatalogPlan, Check, Outcome, Plan, Step } from './types.ts';

/** What of a registry's requests of a day is spent. */
export interface RequestBudget {
  readonly host: string;
  readonly spent: number;
  /** Null for no limit. */
  readonly perDay: number | null;
}

export interface Budget extends PerRole<RequestBudget> {
  /** Whether what does not fit is left for tomorrow, as `watch` does; otherwise it is only said. */
  readonly defers: boolean;
}

const NO_LIMIT: RequestBudget = { host: '', spent: 0, perDay: null };
export const NO_BUDGET: Budget = { production: NO_LIMIT, staging: NO_LIMIT, defers: false };

type PlanRequests = NonNullable<Plan['requests']>;
type Unhashed = Omit<Plan, 'hash'>;

const ROLES = ['production', 'staging'] as const;

/**
 * Says what the steps of a plan spend, and what of it is beyond the day's budget of a registry. Where
 * that defers, the plan keeps the first steps that fit, in their order, so that none comes without what it needs;
 * each item of the others ends as deferred (promise 8).
 */
export function keepBudget(plan: Unhashed, estimates: StepEstimates, budget: Budget): Unhashed {
  const { steps } = plan;
  if (steps.length === 0) return plan;
  const requests = sumEstimates(steps, estimates);
  const over = ROLES.find((role) => isOver(requests, budget, role));
  if (over === undefined) return { ...plan, requests };
  const check = buildCheck(plan, over, { requests, budget });
  const checked = { ...plan, requests, checks: [check, ...plan.checks] };
  if (!budget.defers) return checked;
  const kept = takeFitting(steps, estimates, budget);
  return deferRest(checked, kept, {
    requests: sumEstimates(kept, estimates),
    message: `The requests of today at ${budget[over].host} are used up; this goes on at ${formatDayEnd(plan.time)}.`,
  });
}

function isOver(requests: PlanRequests, budget: Budget, role: RoleName): boolean {
  const { spent, perDay } = budget[role];
  const { olmirror, skopeo } = requests[role];
  return perDay !== null && spent + olmirror + skopeo > perDay;
}

function buildCheck(
  plan: Unhashed,
  role: RoleName,
  { requests, budget }: { readonly requests: PlanRequests; readonly budget: Budget },
): Check {
  const { host, spent, perDay } = budget[role];
  const { olmirror, skopeo } = requests[role];
  const message = `This takes about ${formatCount(olmirror + skopeo, 'request')} at ${host}, which has had ${formatNumber(spent)} of ${formatNumber(perDay ?? 0)} today.`;
  const field = `spec.registries.${role}.requestsPerDay`;
  const until = formatDayEnd(plan.time);
  return {
    kind: 'request-budget',
    severity: 'warning',
    message: budget.defers ? `${message} What does not fit goes on at ${until}.` : message,
    hint: budget.defers
      ? `Wait, or run \`olmirror apply\`, which goes beyond ${field}, or raise that.`
      : `\`olmirror apply\` does it all the same; \`watch\` keeps to ${field} and goes on at ${until}.`,
    catalog: null,
    item: null,
    neededBy: [],
  };
}

function takeFitting(
  steps: readonly Step[],
  estimates: StepEstimates,
  budget: Budget,
): readonly Step[] {
  let requests = sumEstimates([], estimates);
  const end = steps.findIndex((step) => {
    requests = addEstimate(requests, estimates.get(step.id));
    return ROLES.some((role) => isOver(requests, budget, role));
  });
  return steps.slice(0, end === -1 ? steps.length : end);
}

function deferRest(
  plan: Unhashed,
  kept: readonly Step[],
  { requests, message }: { readonly requests: PlanRequests; readonly message: string },
): Unhashed {
  const rest = plan.steps.slice(kept.length);
  const deferred = rest.flatMap(({ items }) =>
    items.map(
      (item): Outcome => ({
        item,
        type: typeOfItem(item),
        kind: 'deferred',
        message,
        code: 'PLAN_OVER_BUDGET',
      }),
    ),
  );
  return {
    ...plan,
    requests,
    steps: kept,
    settled: [...plan.settled, ...deferred].toSorted((a, b) => compareBytes(a.item, b.item)),
    catalogs: plan.catalogs.map((entry) => holdBack(entry, rest)),
    bytes: kept.reduce((sum, step) => sum + step.bytes, 0),
    repositories: sumByRepository(kept),
  };
}

function holdBack(entry: CatalogPlan, rest: readonly Step[]): CatalogPlan {
  const waits = rest.some((step) => 'catalog' in step && step.catalog === entry.catalog);
  return waits ? { ...entry, action: 'blocked' } : entry;
}

/** Midnight in UTC after a time in ISO 8601, when a new day of requests begins. */
export function findDayEnd(time: string): Date {
  const day = new Date(time);
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + 1));
}

function formatDayEnd(time: string): string {
  return `${findDayEnd(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
