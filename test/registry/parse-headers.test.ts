import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChallenges, parseNextPage } from '../../src/registry/parse-headers.ts';

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

test('parseNextPage takes n and last from the next link and drops its path and other parameters', () => {
  const link =
    '<https://other.example/repository/x/v2/a/tags/list?last=v1%2B2&n=50&token=t>; rel="next"';
  assert.equal(parseNextPage(link), 'n=50&last=v1%2B2');
  assert.equal(parseNextPage('</v2/x?last=a>; rel=next'), 'last=a');
  assert.equal(parseNextPage('</v2/x?last=a>; rel="prev"'), null);
  assert.equal(parseNextPage('</v2/x?page=2>; rel="next"'), null);
  assert.equal(parseNextPage(undefined), null);
});
