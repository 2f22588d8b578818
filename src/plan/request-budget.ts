import { formatCount, formatNumber } from '../base/text.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import { deferSteps } from './defer-steps.ts';
import { addEstimate, type StepEstimates, sumEstimates } from './estimate-requests.ts';
import { formatMoment } from './format-moment.ts';
import type { Check, Plan, Step } from './types.ts';

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
  const message = `The requests of today at ${budget[over].host} are used up; this goes on at ${formatDayEnd(plan.time)}.`;
  const rest = steps.slice(kept.length);
  const deferrals = new Map(
    rest.map(({ id }) => [id, { message, code: 'PLAN_OVER_BUDGET' }] as const),
  );
  return deferSteps({ ...checked, requests: sumEstimates(kept, estimates) }, deferrals);
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

/** Midnight in UTC after a time in ISO 8601, when a new day of requests begins. */
export function findDayEnd(time: string): Date {
  const day = new Date(time);
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + 1));
}

function formatDayEnd(time: string): string {
  return formatMoment(findDayEnd(time));
}
