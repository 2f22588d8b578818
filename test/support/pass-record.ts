import type { PassRecord } from '../../src/plan/history-types.ts';
import type { PassReport } from '../../src/plan/report-types.ts';
import type { Check, Outcome } from '../../src/plan/types.ts';
import { digestOfChar } from './manifest.ts';

/** A pass that found everything in step, ended at a minute of an hour; `changes` say what was otherwise. */
export function makePass(minute: number, changes: Partial<PassRecord> = {}): PassRecord {
  const time = `2026-01-02T03:${`${minute}`.padStart(2, '0')}:00.000Z`;
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Pass',
    id: `2026-01-02T03-${minute}-00Z-0000`,
    mirror: 'test',
    reason: 'interval',
    revision: 'a'.repeat(40),
    subject: 'a delivery',
    started: time,
    finished: time,
    result: 'done',
    drift: false,
    holds: [],
    failure: null,
    report: makeReport(),
    catalogs: [],
    ...changes,
  };
}

export function makeReport(
  checks: readonly Check[] = [],
  outcomes: readonly Outcome[] = [],
): PassReport {
  function count(kind: Outcome['kind']): number {
    return outcomes.filter((outcome) => outcome.kind === kind).length;
  }
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Report',
    mirror: 'test',
    revision: 'a'.repeat(40),
    planHash: digestOfChar('a'),
    started: '2026-01-02T03:00:00.000Z',
    finished: '2026-01-02T03:00:00.000Z',
    sums: {
      wanted: outcomes.length,
      'in-sync': count('in-sync'),
      copied: count('copied'),
      refused: count('refused'),
      lost: count('lost'),
      deferred: count('deferred'),
      failed: count('failed'),
    },
    outcomes,
    checks,
    steps: { planned: 0, done: 0 },
    bytes: 0,
    requests: 0,
    interrupted: false,
    exitCode: 0,
  };
}

export function makeCheck(kind: Check['kind'], changes: Partial<Check> = {}): Check {
  return {
    kind,
    severity: 'error',
    message: `${kind} it is.`,
    hint: 'Do something.',
    catalog: null,
    item: null,
    neededBy: [],
    ...changes,
  };
}
