import { assertNever } from '../base/tool-error.ts';
import { isHoldCode } from './hold-codes.ts';
import { joinChecks } from './join-checks.ts';
import type { Review } from './review-types.ts';
import type { Check, Outcome, OutcomeKind, Plan, Sums } from './types.ts';

export const OUTCOME_KINDS: readonly OutcomeKind[] = [
  'in-sync',
  'copied',
  'refused',
  'lost',
  'deferred',
  'failed',
];

/**
 * Counts outcomes by kind. Throws when an item ends twice or the sums do not add up to what was
 * wanted: nothing is dropped in silence (promise 8).
 */
export function sumOutcomes(outcomes: readonly Outcome[], wantedItems: number): Sums {
  const sums: Record<'wanted' | OutcomeKind, number> = {
    wanted: wantedItems,
    'in-sync': 0,
    copied: 0,
    refused: 0,
    lost: 0,
    deferred: 0,
    failed: 0,
  };
  const seen = new Set<string>();
  for (const outcome of outcomes) {
    if (seen.has(outcome.item)) throw new Error(`Item ${outcome.item} ended twice.`);
    seen.add(outcome.item);
    sums[outcome.kind] += 1;
  }
  const total = OUTCOME_KINDS.reduce((sum, kind) => sum + sums[kind], 0);
  if (total !== wantedItems)
    throw new Error(`${wantedItems} items were wanted, but ${total} have an outcome.`);
  return sums;
}

/** `wanted 12 = in-sync 10 + copied 2 + refused 0 + lost 0 + deferred 0 + failed 0`. */
export function formatSums(sums: Sums): string {
  return `wanted ${sums.wanted} = ${OUTCOME_KINDS.map((kind) => `${kind} ${sums[kind]}`).join(' + ')}`;
}

/** Exit codes of design §9; of several the first of 1, 3, 4, 2 wins. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

const PRECEDENCE: readonly ExitCode[] = [1, 3, 4, 2];

/** The one of several exit codes that stands for all. */
export function worstOf(...codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? 0;
}

/** For `plan`: 1 unknown or invalid, 4 refused by policy or gap, 2 changes wanted, 0 in sync. */
export function exitCodeOfPlan(plan: Plan): ExitCode {
  if (hasSeverity(plan.checks, 'error')) return 1;
  if (hasSeverity(plan.checks, 'blocked')) return 4;
  return plan.steps.length > 0 ? 2 : 0;
}

/** For a review: as of its plan and of its own checks, 2 also where the commits differ in what is wanted. */
export function exitCodeOfReview(review: Review): ExitCode {
  const checks = joinChecks(review);
  if (hasSeverity(checks, 'error')) return 1;
  if (hasSeverity(checks, 'blocked')) return 4;
  return isQuietReview(review) && (review.plan?.steps.length ?? 0) === 0 ? 0 : 2;
}

/** Whether two commits want the same. */
export function isQuietReview({ catalogs, settings, images, upgrades }: Review): boolean {
  return (
    catalogs.every(({ change }) => change === 'same') &&
    [settings, images.added, images.removed, upgrades ?? []].every((list) => list.length === 0)
  );
}

/**
 * For `apply`: 1 failed or cut off, 4 refused or lost, 0 done. What was known to be missing does not count, nor
 * does what is held (a window, a suspension).
 */
export function exitCodeOfApply(plan: Plan, outcomes: readonly Outcome[]): ExitCode {
  if (hasSeverity(plan.checks, 'error')) return 1;
  const stepped = new Set(plan.steps.flatMap((step) => step.items));
  const codes = outcomes
    .filter((outcome) => stepped.has(outcome.item))
    .map((outcome) => (isHoldCode(outcome.code) ? 0 : codeOfOutcome(outcome.kind)));
  if (codes.includes(1)) return 1;
  return codes.includes(4) || hasSeverity(plan.checks, 'blocked') ? 4 : 0;
}

function codeOfOutcome(kind: OutcomeKind): ExitCode {
  switch (kind) {
    case 'failed':
    case 'deferred':
      return 1;
    case 'refused':
    case 'lost':
      return 4;
    case 'in-sync':
    case 'copied':
      return 0;
    default:
      return assertNever(kind);
  }
}

function hasSeverity(checks: readonly Check[], severity: Check['severity']): boolean {
  return checks.some((check) => check.severity === severity);
}
