import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PassReport } from '../../src/plan/report-types.ts';
import { sumOutcomes } from '../../src/plan/sum-outcomes.ts';
import type { Outcome } from '../../src/plan/types.ts';
import { renderReportText } from '../../src/report/render-report-text.ts';
import { A } from '../support/world.ts';

test('renderReportText keeps a registry that is away to one screen, and does not call it "nothing to do"', () => {
  const outcomes = Array.from(
    { length: 2000 },
    (_, i): Outcome => ({
      item: `v/i${i}@${A}`,
      type: 'image',
      kind: 'failed',
      message: 'unknown',
      code: 'REGISTRY_UNREACHABLE',
    }),
  );
  const report: PassReport = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Report',
    mirror: 'test',
    revision: 'f'.repeat(40),
    planHash: A,
    started: '2026-01-01T00:00:00.000Z',
    finished: '2026-01-01T00:00:01.000Z',
    sums: sumOutcomes(outcomes, 2000),
    outcomes,
    checks: [],
    steps: { planned: 0, done: 0 },
    bytes: 0,
    requests: 0,
    interrupted: false,
    exitCode: 1,
  };
  const lines = renderReportText(report).trimEnd().split('\n');
  assert.ok(lines.length < 15, `${lines.length} lines`);
  assert.match(lines.at(-2) ?? '', /1,990 more items/);
  assert.match(lines.at(-1) ?? '', /^No step could be taken\. wanted 2000 = .* failed 2000$/);
});
