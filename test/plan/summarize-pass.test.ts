import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainResult, joinAlike, summarizePass } from '../../src/plan/summarize-pass.ts';
import type { Check } from '../../src/plan/types.ts';
import { ANOTHER_COMMIT, makeRecord, makeReport } from '../support/passes.ts';

const first = summarizePass(makeRecord());
const later = makeRecord({
  id: '2026-11-27T10-10-00Z-0002',
  reason: 'interval',
  finished: '2026-11-27T10:10:02.000Z',
});

// Seen to fail: with `changedSomething` left out, a pass that copied was lost in the line before it.
describe('joinAlike', () => {
  it('makes one line of passes that changed nothing', () => {
    const joined = joinAlike(first, summarizePass(later));
    assert.deepEqual(joined, {
      ...first,
      lastId: later.id,
      count: 2,
      finished: later.finished,
    });
  });

  const report = makeReport();
  const rows = {
    'another commit': { revision: ANOTHER_COMMIT },
    'another end': { result: 'refused' },
    drift: { drift: true },
    'a hold': { holds: [{ kind: 'suspended', message: 'm', until: null }] },
    'other sums': { report: makeReport({ sums: { ...report.sums, wanted: 6, 'in-sync': 6 } }) },
    'steps that were done': { report: makeReport({ steps: { planned: 1, done: 1 } }) },
  } as const;
  for (const [name, changes] of Object.entries(rows))
    it(`keeps a line of its own for ${name}`, () => {
      assert.equal(joinAlike(first, summarizePass({ ...later, ...changes })), null);
      assert.equal(
        joinAlike(summarizePass({ ...makeRecord(), ...changes }), summarizePass(later)),
        null,
      );
    });
});

describe('explainResult', () => {
  it('names the error before all else, and the worst outcome where no check says why', () => {
    const report = makeReport({
      exitCode: 1,
      outcomes: [
        { item: 'a', type: 'image', kind: 'refused', message: 'policy', code: null },
        { item: 'b', type: 'image', kind: 'failed', message: 'no answer', code: null },
      ],
    });
    assert.equal(
      explainResult(makeRecord({ result: 'failed', report })),
      'failed: b: no answer (and 1 more item)',
    );
    const record = makeRecord({ result: 'failed', report });
    const checks: readonly Check[] = [
      makeCheck('foreign-index', 'blocked', 'Foreign.'),
      makeCheck('unknown', 'error', 'Unknown.'),
    ];
    assert.equal(
      explainResult({ ...record, report: { ...report, checks } }),
      'Unknown. (and 1 more problem)',
    );
    assert.equal(explainResult(makeRecord()), null);
  });
});

function makeCheck(kind: Check['kind'], severity: Check['severity'], message: string): Check {
  return { kind, severity, catalog: null, item: null, message, hint: null, neededBy: [] };
}
