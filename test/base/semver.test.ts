import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, parseVersion, tryParseVersion } from '../../src/base/semver.ts';

const BAD = [
  '1.2',
  'v1.2.3',
  '1.2.3.4',
  '01.2.3',
  '1.2.3-',
  '1.2.3+',
  '1.2.3+1+2',
  '1.2.3-01',
  '1.2.3-a..b',
  ' 1.2.3',
  '18446744073709551616.0.0',
  '1.2.3-18446744073709551616',
];

for (const text of BAD) {
  test(`tryParseVersion refuses "${text}"`, () => assert.equal(tryParseVersion(text), null));
}

const GOOD = [
  '1.2.3',
  '0.0.0',
  '1.2.3-0a',
  '1.2.3-a.1.b',
  '1.2.3+001',
  '1.2.3-rc.1+b.2',
  '18446744073709551615.0.0',
  '1.0.0--',
];

for (const text of GOOD) {
  test(`parseVersion reads "${text}"`, () => assert.ok(parseVersion(text)));
}

test('compareVersions follows the precedence of semver 2.0.0 and leaves build metadata out', () => {
  const ascending = [
    '0.9.9',
    '1.0.0-0',
    '1.0.0-1',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.1.0',
    '2.0.0',
    '10.0.0',
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      assert.equal(
        Math.sign(compareVersions(parseVersion(a), parseVersion(b))),
        Math.sign(i - j),
        `${a} against ${b}`,
      );
    }
  }
  assert.equal(compareVersions(parseVersion('1.0.0+1'), parseVersion('1.0.0+2')), 0);
});
