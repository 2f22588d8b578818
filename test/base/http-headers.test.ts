import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMediaType, parseRetryAfter } from '../../src/base/http-headers.ts';

test('parseRetryAfter reads seconds and dates, and nothing else', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const cases = [
    ['7', 7],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:01:30 GMT', 90],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [undefined, null],
  ] as const;
  for (const [value, seconds] of cases)
    assert.equal(parseRetryAfter(value, undefined, now), seconds, value);
  const late = 'Wed, 01 Jan 2020 00:00:10 GMT';
  assert.equal(parseRetryAfter(late, 'Wed, 01 Jan 2020 00:00:00 GMT', now), 10, 'by its own clock');
  assert.equal(parseRetryAfter(late, 'soon', now), 0);
});

test('parseMediaType drops parameters and case', () => {
  assert.equal(parseMediaType('Application/JSON; charset=utf-8'), 'application/json');
  assert.equal(parseMediaType(undefined), '');
});
