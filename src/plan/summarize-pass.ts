import { isDeepStrictEqual } from 'node:util';
import { formatCount } from '../base/text.ts';
import type { PassRecord, PassSummary } from './history-types.ts';
import type { Check, Outcome } from './types.ts';

/** What a list of passes says of one. */
export function summarizePass(record: PassRecord): PassSummary {
  const { id, reason, revision, subject, started, finished, result, drift, report } = record;
  return {
    id,
    lastId: id,
    count: 1,
    reason,
    revision,
    subject,
    started,
    finished,
    result,
    drift,
    holds: record.holds.map(({ kind }) => kind),
    message: explainResult(record),
    sums: report?.sums ?? null,
    steps: report?.steps ?? null,
    bytes: report?.bytes ?? 0,
  };
}

/**
 * Joins a pass to the one before it where both came to the same and changed nothing; null where they
 * did not, so that a steady state is one line and whatever happened keeps one of its own.
 */
export function joinAlike(before: PassSummary, after: PassSummary): PassSummary | null {
  if (changedSomething(before) || changedSomething(after)) return null;
  const alike = isDeepStrictEqual(listFacts(before), listFacts(after));
  if (!alike) return null;
  const { lastId, finished } = after;
  return { ...before, lastId, finished, count: before.count + after.count };
}

function changedSomething({ steps, sums }: PassSummary): boolean {
  return (steps?.done ?? 0) > 0 || (sums?.copied ?? 0) > 0;
}

function listFacts(summary: PassSummary): readonly unknown[] {
  const { revision, result, drift, holds, message, sums } = summary;
  return [revision, result, drift, holds, message, sums];
}

/** Why a pass did not bring production in step with Git, in a sentence; null where it did. */
export function explainResult({ failure, report, result, holds }: PassRecord): string | null {
  if (failure !== null) return failure.message;
  if (result === 'interrupted') return 'It was told to stop before it was done.';
  const [hold] = holds;
  if (result === 'done') return hold?.message ?? null;
  const outcomes = report?.outcomes ?? [];
  const checks = report?.checks ?? [];
  return explainChecks(checks) ?? explainOutcomes(outcomes) ?? null;
}

function explainChecks(checks: readonly Check[]): string | null {
  const serious = checks.filter(({ severity }) => severity !== 'warning');
  const [first] = [
    ...serious.filter(({ severity }) => severity === 'error'),
    ...serious.filter(({ severity }) => severity === 'blocked'),
  ];
  if (first === undefined) return null;
  const rest = serious.length - 1;
  return rest === 0 ? first.message : `${first.message} (and ${formatCount(rest, 'more problem')})`;
}

function explainOutcomes(outcomes: readonly Outcome[]): string | null {
  const missed = outcomes.filter(({ kind }) => kind !== 'in-sync' && kind !== 'copied');
  const order: readonly Outcome['kind'][] = ['failed', 'lost', 'refused', 'deferred'];
  const [first] = order.flatMap((kind) => missed.filter((outcome) => outcome.kind === kind));
  if (first === undefined) return null;
  const why = first.message === null ? '' : `: ${first.message}`;
  const rest = missed.length - 1;
  return `${first.kind}: ${first.item}${why}${rest === 0 ? '' : ` (and ${formatCount(rest, 'more item')})`}`;
}
