import { formatBytes, formatCount, shorten, shortRevision } from '../base/text.ts';
import { formatTime } from '../plan/format-moment.ts';
import type { History, PassRecord, PassSummary } from '../plan/history-types.ts';
import { explainResult } from '../plan/summarize-pass.ts';
import { alignRows } from './align-rows.ts';
import { renderLines } from './clean-line.ts';
import { renderReportText } from './render-report-text.ts';

/** A line for each pass, the newest first; passes in a row that changed nothing share one. */
export function renderHistoryText({ passes }: History): string {
  if (passes.length === 0)
    return 'No pass has been kept yet: neither `watch` nor `apply` ran here.\n';
  return renderLines([
    ...alignRows([['PASS', 'REASON', 'COMMIT', 'RESULT', 'WHAT'], ...passes.map(listCells)]),
    '`olmirror history show PASS` names each item.',
  ]);
}

function listCells(pass: PassSummary): readonly string[] {
  const { id, reason, revision, result, drift, message } = pass;
  const why = message === null ? '' : `: ${shorten(message)}`;
  return [
    id,
    drift ? `${reason}, drift` : reason,
    revision === null ? '-' : shortRevision(revision),
    result,
    `${formatWork(pass)}${formatRepeats(pass)}${why}`,
  ];
}

function formatWork({ sums, steps, bytes, holds }: PassSummary): string {
  if (sums === null) return holds.length > 0 ? `held (${holds.join(', ')})` : 'no plan';
  const waiting = sums.deferred === 0 ? '' : `, ${formatCount(sums.deferred, 'item')} deferred`;
  if (steps === null || steps.planned === 0) return `no changes${waiting}`;
  return `${steps.done} of ${formatCount(steps.planned, 'step')}, ${formatBytes(bytes)}${waiting}`;
}

function formatRepeats({ count, finished }: PassSummary): string {
  return count === 1 ? '' : `, ${formatCount(count, 'time')} until ${formatTime(finished)}`;
}

/** One pass, with what each item came to that is not in sync. */
export function renderPassText(record: PassRecord): string {
  const { id, reason, revision, subject, started, finished, result, drift, failure, report } =
    record;
  const why = explainResult(record);
  const copied = report?.outcomes.filter(({ kind }) => kind === 'copied') ?? [];
  const lines = [
    `Pass ${id} (${reason}${drift ? ', drift' : ''}): ${result}`,
    `  commit    ${revision === null ? 'none could be read' : `${shortRevision(revision)} "${subject ?? ''}"`}`,
    `  from      ${formatTime(started)} to ${formatTime(finished)}`,
    ...(report === null ? [] : [`  plan      ${report.planHash}`]),
    ...(why === null ? [] : [`  because   ${why}`]),
    ...(failure?.hint === null || failure === null ? [] : [`  hint      ${failure.hint}`]),
    ...copied.map(({ item }) => `copied: ${item}`),
  ];
  return renderLines(lines) + (report === null ? '' : renderReportText(report));
}
