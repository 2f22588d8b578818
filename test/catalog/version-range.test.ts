import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseVersion } from '../../src/base/semver.ts';
import {
  isInRange,
  parseVersionRange,
  tryParseVersionRange,
} from '../../src/catalog/version-range.ts';

/** Range, versions inside, versions outside. */
const RANGES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['>=1.0.0 <1.2.0', ['1.0.0', '1.1.9', '1.2.0-rc1'], ['0.9.9', '1.2.0', '1.0.0-rc1']],
  ['>= 1.0.0 < 1.2.0', ['1.0.0'], ['1.2.0']],
  ['<2.0.0', ['2.0.0-rc1', '1.0.0+5'], ['2.0.0']],
  ['1.2.x', ['1.2.0', '1.2.9'], ['1.3.0', '1.1.9']],
  ['1.x', ['1.0.0', '1.9.0'], ['2.0.0', '0.9.0']],
  ['>1.x', ['2.0.0'], ['1.9.9']],
  ['<=1.2.x', ['1.2.9', '1.0.0'], ['1.3.0']],
  ['!1.2.3', ['1.2.4'], ['1.2.3']],
  ['!=1.x', [], ['2.0.0', '0.1.0', '1.5.0']],
  ['<1.0.0 || >=2.0.0', ['0.5.0', '2.0.0'], ['1.0.0']],
  ['1.0.0 - 2.0.0', [], ['1.0.0', '2.0.0']],
  ['==1.0.0', ['1.0.0', '1.0.0+build'], ['1.0.1']],
  ['>=18446744073709551615.0.0', ['18446744073709551615.0.0'], ['9007199254740993.0.0']],
];

describe('parseVersionRange', () => {
  for (const [range, inside, outside] of RANGES) {
    it(`reads ${range} as blang does`, () => {
      const parsed = parseVersionRange(range);
      assert.deepEqual(
        inside.filter((version) => !isInRange(parseVersion(version), parsed)),
        [],
      );
      assert.deepEqual(
        outside.filter((version) => isInRange(parseVersion(version), parsed)),
        [],
      );
    });
  }

  it('refuses what blang refuses', () => {
    const refused = [
      '',
      ' ',
      '*',
      'x',
      '^1.2.0',
      '~1.2.0',
      '>=v1.0.0',
      '=>1.0.0',
      '>=1.0',
      '1.x.3',
      '>=1.0.0,<2.0.0',
      '>=1.0.0||<0.5.0',
      '||',
      '>=1.0.0 ||',
      '(>=1.0.0)',
    ];
    assert.deepEqual(
      refused.filter((range) => tryParseVersionRange(range) !== null),
      [],
    );
    assert.throws(() => parseVersionRange('^1.0.0'), { code: 'BASE_BAD_RANGE' });
  });
});
