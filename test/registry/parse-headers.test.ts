import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseChallenges,
  parseMediaType,
  parseNextPage,
  parseRetryAfter,
} from '../../src/registry/parse-headers.ts';

test('parseChallenges reads schemes in any case, quoted commas and the first challenge of each header', () => {
  const nexus = 'BASIC realm="Sonatype Nexus Repository Manager"';
  const scope = 'repository:a/b:pull,push';
  const bearer = `Bearer realm="https://x/token",service=reg , scope="${scope}"`;
  assert.deepEqual(parseChallenges([nexus, `${bearer}, Basic realm=y`, 'Basic realm="\\"q\\""']), [
    { scheme: 'basic', parameters: { realm: 'Sonatype Nexus Repository Manager' } },
    { scheme: 'bearer', parameters: { realm: 'https://x/token', service: 'reg', scope } },
    { scheme: 'basic', parameters: { realm: '"q"' } },
  ]);
  assert.deepEqual(parseChallenges(['Negotiate', 'Negotiate, Basic realm=x', '', '"x"']), [
    { scheme: 'negotiate', parameters: {} },
    { scheme: 'negotiate', parameters: {} },
  ]);
  assert.deepEqual(parseChallenges([]), []);
});

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

test('parseNextPage takes n and last from the next link and drops its path and other parameters', () => {
  const link =
    '<https://other.example/repository/x/v2/a/tags/list?last=v1%2B2&n=50&token=t>; rel="next"';
  assert.equal(parseNextPage(link), 'n=50&last=v1%2B2');
  assert.equal(parseNextPage('</v2/x?last=a>; rel=next'), 'last=a');
  assert.equal(parseNextPage('</v2/x?last=a>; rel="prev"'), null);
  assert.equal(parseNextPage('</v2/x?page=2>; rel="next"'), null);
  assert.equal(parseNextPage(undefined), null);
});

test('parseMediaType drops parameters and case', () => {
  assert.equal(parseMediaType('Application/JSON; charset=utf-8'), 'application/json');
  assert.equal(parseMediaType(undefined), '');
});
