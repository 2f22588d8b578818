import { formatBytes, formatCount } from '../base/text.ts';
import type { PassReport } from '../plan/report-types.ts';
import { formatSums } from '../plan/sum-outcomes.ts';
import type { Check, Outcome, OutcomeKind } from '../plan/types.ts';
import { renderLines } from './clean-line.ts';
import { listBudgetLines } from './format-budget.ts';
import { listVerification } from './list-verification.ts';

const SHOWN = 10;
const TOLD: readonly OutcomeKind[] = ['failed', 'lost', 'refused', 'deferred'];

/** What a pass did, for a terminal: what went wrong first, then the sums of promise 8. */
export function renderReportText(report: PassReport): string {
  const troubles = TOLD.flatMap((kind) => renderKind(kind, report.outcomes));
  const hints = report.checks.flatMap((check) =>
    check.hint === null || check.severity === 'warning' ? [] : [`Hint: ${check.hint}`],
  );
  return renderLines([
    ...troubles,
    ...listOtherShards(report.outcomes),
    ...new Set(hints),
    ...listHeld(report),
    ...listVerification(report),
    ...listBudgetLines(report.budgets),
    formatEnd(report),
  ]);
}

const HELD: ReadonlySet<Check['kind']> = new Set([
  'pinned',
  'pin-ended',
  'cluster-differs',
  'request-budget',
  'drift',
  'loss',
]);

// Nobody may take an index that is held for one that follows Git; nor overlook that somebody else wrote,
// where all is in step again, or an overwritten tag that no item waits for.
function listHeld({ checks, outcomes }: PassReport): readonly string[] {
  const overwritten = checks.filter(
    ({ kind, message }) =>
      kind === 'immutable-tag-taken' && outcomes.every((outcome) => outcome.message !== message),
  );
  return [
    ...overwritten.map(({ message }) => `problem: ${message}`),
    ...checks.filter(({ kind }) => HELD.has(kind)).map(({ message }) => `warning: ${message}`),
  ];
}

// A registry that is away fails everything alike: a screen of it is enough, the report in JSON has all.
function renderKind(kind: OutcomeKind, outcomes: readonly Outcome[]): readonly string[] {
  const found = outcomes.filter((outcome) => outcome.kind === kind && !isOfOther(outcome));
  const rest = found.length - SHOWN;
  const more =
    rest > 0 ? [`${kind}: … and ${formatCount(rest, 'more item')}; --format json names each`] : [];
  return [...found.slice(0, SHOWN).map(formatTrouble), ...more];
}

// Others do it, and tell of each item.
function listOtherShards(outcomes: readonly Outcome[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { message } of outcomes.filter(isOfOther))
    counts.set(message ?? '', (counts.get(message ?? '') ?? 0) + 1);
  return [...counts].map(
    ([message, count]) => `deferred: ${formatCount(count, 'item')}: ${message}`,
  );
}

function isOfOther({ code }: Outcome): boolean {
  return code === 'PLAN_OTHER_SHARD';
}

function formatTrouble(outcome: Outcome): string {
  return `${outcome.kind}: ${outcome.item}${outcome.message === null ? '' : `: ${outcome.message}`}`;
}

function formatEnd(report: PassReport): string {
  const seconds = (Date.parse(report.finished) - Date.parse(report.started)) / 1000;
  const work =
    report.steps.planned === 0
      ? formatIdle(report)
      : `${report.steps.done} of ${formatCount(report.steps.planned, 'step')} done, ${formatBytes(report.bytes)} in ${seconds.toFixed(1)} s`;
  return `${report.interrupted ? 'Interrupted. ' : ''}${work}. ${formatSums(report.sums)}`;
}

function formatIdle({ sums }: PassReport): string {
  return sums.failed + sums.refused === 0 ? 'Nothing to do' : 'No step could be taken';
}
