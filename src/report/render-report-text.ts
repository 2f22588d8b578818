import { formatBytes, formatCount } from '../base/text.ts';
import type { PassReport } from '../plan/report-types.ts';
import { formatSums } from '../plan/sum-outcomes.ts';
import type { Outcome, OutcomeKind } from '../plan/types.ts';
import { renderLines } from './clean-line.ts';

const TOLD: readonly OutcomeKind[] = ['failed', 'lost', 'refused', 'deferred'];

/** What a pass did, for a terminal: what went wrong first, then the sums of promise 8. */
export function renderReportText(report: PassReport): string {
  const troubles = TOLD.flatMap((kind) =>
    report.outcomes.filter((outcome) => outcome.kind === kind).map(formatTrouble),
  );
  const hints = report.checks.flatMap((check) =>
    check.hint === null || check.severity === 'warning' ? [] : [`Hint: ${check.hint}`],
  );
  return renderLines([...troubles, ...new Set(hints), formatEnd(report)]);
}

function formatTrouble(outcome: Outcome): string {
  return `${outcome.kind}: ${outcome.item}${outcome.message === null ? '' : `: ${outcome.message}`}`;
}

function formatEnd(report: PassReport): string {
  const seconds = (Date.parse(report.finished) - Date.parse(report.started)) / 1000;
  const work =
    report.steps.planned === 0
      ? 'Nothing to do'
      : `${report.steps.done} of ${formatCount(report.steps.planned, 'step')} done, ${formatBytes(report.bytes)} in ${seconds.toFixed(1)} s`;
  return `${report.interrupted ? 'Interrupted. ' : ''}${work}. ${formatSums(report.sums)}`;
}
