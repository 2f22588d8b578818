import type { PassRecord } from '../plan/history-types.ts';

/**
 * What of a pass is written beside the commit in Git: one line of JSON, so that the notes of several writers
 * can be united line by line. Null for a pass that changed nothing.
 */
export function renderPassNote(record: PassRecord, signedOffBy: string): string | null {
  const { id, mirror, report, result, reason, catalogs } = record;
  if (report === null || report.steps.done === 0) return null;
  return JSON.stringify({
    pass: id,
    mirror,
    result,
    reason,
    finished: record.finished,
    planHash: report.planHash,
    sums: report.sums,
    indexes: Object.fromEntries(catalogs.map(({ catalog, servedId }) => [catalog, servedId])),
    signedOffBy,
  });
}
