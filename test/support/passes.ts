import type { PassRecord } from '../../src/plan/history-types.ts';
import type { PassReport } from '../../src/plan/report-types.ts';

export const A_COMMIT: string = 'a'.repeat(40);
export const ANOTHER_COMMIT: string = 'b'.repeat(40);

/** What a pass over four images came to that changed nothing. */
export function makeReport(changes: Partial<PassReport> = {}): PassReport {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Report',
    mirror: 'nexus',
    revision: A_COMMIT,
    planHash: `sha256:${'1'.repeat(64)}`,
    started: '2026-11-27T10:00:00.000Z',
    finished: '2026-11-27T10:00:02.000Z',
    sums: { wanted: 5, 'in-sync': 5, copied: 0, refused: 0, lost: 0, deferred: 0, failed: 0 },
    outcomes: [],
    checks: [],
    steps: { planned: 0, done: 0 },
    bytes: 0,
    requests: 6,
    interrupted: false,
    exitCode: 0,
    ...changes,
  };
}

/** A pass of the reconciler that is done. */
export function makeRecord(changes: Partial<PassRecord> = {}): PassRecord {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Pass',
    id: '2026-11-27T10-00-00Z-0001',
    mirror: 'nexus',
    reason: 'commit',
    revision: A_COMMIT,
    subject: 'deliver',
    started: '2026-11-27T10:00:00.000Z',
    finished: '2026-11-27T10:00:02.000Z',
    result: 'done',
    drift: false,
    holds: [],
    failure: null,
    report: makeReport(),
    catalogs: [],
    ...changes,
  };
}
