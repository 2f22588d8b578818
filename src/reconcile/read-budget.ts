import type { Clock } from '../base/clock.ts';
import type { PassEvent } from '../base/events.ts';
import { formatCount, formatNumber } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { MirrorManifest, PerRole, RegistryEntry, RoleName } from '../manifest/types.ts';
import type { StepEstimates } from '../plan/estimate-requests.ts';
import { type Budget, findDayEnd, type RequestBudget } from '../plan/request-budget.ts';
import type { RegistryPort } from '../registry/port.ts';

/** Where requests are counted over a day. */
export interface RequestCount {
  /** Requests to a host today, by every process on this machine. */
  readonly readSpent: (host: string) => Promise<number>;
  readonly add: (host: string, requests: number) => void;
}

/** What of today's requests is spent at each registry; nothing is counted at one without a budget. */
export async function readBudget(
  { registries }: Pick<MirrorManifest, 'registries'>,
  count: RequestCount | undefined,
  defers: boolean,
): Promise<Budget> {
  async function read({ host, requestsPerDay: perDay }: RegistryEntry): Promise<RequestBudget> {
    return { host, spent: perDay === null ? 0 : ((await count?.readSpent(host)) ?? 0), perDay };
  }
  return {
    production: await read(registries.production),
    staging: await read(registries.staging),
    defers,
  };
}

type Counting = Pick<RegistryPort, 'countRequests'>;

/** Requests that were sent so far. */
export function countSent(registries: PerRole<Counting>): PerRole<number> {
  return {
    production: registries.production.countRequests(),
    staging: registries.staging.countRequests(),
  };
}

export function subtract(after: PerRole<number>, before: PerRole<number>): PerRole<number> {
  return {
    production: after.production - before.production,
    staging: after.staging - before.staging,
  };
}

/** The budgets that there are, as a field of a report; no field for none. */
export async function listBudgets(
  manifest: Pick<MirrorManifest, 'registries'>,
  count: RequestCount | undefined,
): Promise<{ readonly budgets?: readonly RequestBudget[] }> {
  const { production, staging } = await readBudget(manifest, count, false);
  const budgets = [production, staging].filter(({ perDay }) => perDay !== null);
  return budgets.length === 0 ? {} : { budgets };
}

/**
 * Throws `PLAN_OVER_BUDGET` where looking at the registries, which took `needed` requests the last time,
 * would go beyond what is left of today; it says when to come back.
 */
export async function assertWithinBudget(
  manifest: Pick<MirrorManifest, 'registries'>,
  needed: PerRole<number>,
  { requestCount, clock }: { readonly requestCount?: RequestCount; readonly clock: Clock },
): Promise<void> {
  const budgets = await readBudget(manifest, requestCount, true);
  for (const role of ['production', 'staging'] as const) {
    const { host, spent, perDay } = budgets[role];
    const look = Math.max(1, needed[role]);
    if (perDay !== null && spent + look > perDay)
      throw overBudget(
        `Looking at ${host} takes about ${formatCount(look, 'request')}, and it has had ${formatNumber(spent)} of ${formatNumber(perDay)} today.`,
        clock.now(),
      );
  }
}

/** For a pass that left something for tomorrow. */
export function overBudget(message: string, now: Date): ToolError {
  const end = findDayEnd(now.toISOString());
  return new ToolError('PLAN_OVER_BUDGET', message, {
    hint: 'It goes on by itself when the day ends (00:00 UTC); `olmirror apply` goes beyond requestsPerDay.',
    disposition: 'wait',
    retryAfterSeconds: Math.ceil((end.getTime() - now.getTime()) / 1000),
  });
}

export interface CopySpending {
  readonly estimates: StepEstimates;
  readonly registries: MirrorManifest['registries'];
  readonly count: RequestCount | undefined;
  /** The role that is written to. */
  readonly serving: RoleName;
}

/**
 * Counts what skopeo sends by its estimate, once for each try of a step: it does not tell itself. What it only pushed
 * was read by olmirror, whose requests are counted as they are sent.
 */
export function countCopies(
  event: PassEvent,
  { estimates, registries, count, serving }: CopySpending,
): void {
  const ran =
    event.kind === 'step-retry' ||
    (event.kind === 'step-finished' && (event.result === 'copied' || event.result === 'failed'));
  if (!ran) return;
  const estimate = estimates.get(event.id);
  const isPushed = event.kind === 'step-finished' && event.together === true;
  for (const role of isPushed ? [serving] : (['production', 'staging'] as const)) {
    const { host, requestsPerDay } = registries[role];
    if (requestsPerDay !== null) count?.add(host, estimate?.[role].skopeo ?? 0);
  }
}
