import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PassSummary } from '../../src/plan/history-types.ts';
import { measureRate } from '../../src/plan/measure-rate.ts';

function makePass(bytes: number, seconds: number, changes: Partial<PassSummary> = {}): PassSummary {
  return {
    id: 'x',
    lastId: 'x',
    count: 1,
    reason: 'apply',
    revision: null,
    subject: null,
    started: '2026-11-28T10:00:00.000Z',
    finished: new Date(Date.UTC(2026, 10, 28, 10, 0, seconds)).toISOString(),
    result: 'done',
    drift: false,
    holds: [],
    message: null,
    sums: null,
    steps: null,
    bytes,
    ...changes,
  };
}

test('measureRate takes the newest ten passes that copied something, by all their time', () => {
  const many = Array.from({ length: 12 }, (_, i) => makePass(i < 10 ? 100 : 1e9, 2));
  assert.deepEqual(measureRate(many), { bytesPerSecond: 50, from: 'measured', passes: 10 });
  assert.deepEqual(
    measureRate([makePass(0, 60), makePass(30, 2), makePass(10, 2, { result: 'refused' })]),
    { bytesPerSecond: 10, from: 'measured', passes: 2 },
  );
});

// Guards against: a rate out of nothing, by which everything would take no time, or for ever.
test('measureRate knows none where no pass copied anything, or it failed', () => {
  assert.equal(measureRate([]), null);
  assert.equal(measureRate([makePass(0, 60)]), null);
  assert.equal(measureRate([makePass(100, 0)]), null);
  assert.equal(measureRate([makePass(100, 5, { result: 'failed' })]), null);
});
