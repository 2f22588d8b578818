import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVersion } from '../../src/base/semver.ts';
import { tryParseExtensionRange } from '../../src/catalog/extension-range.ts';

/** Range, versions within, versions without: as the README of Masterminds semver has them. */
const RANGES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['1.2.3', ['1.2.3', '1.2.3+4'], ['1.2.4', '1.2.3-rc.1']],
  ['=v1.2.3', ['1.2.3'], ['1.2.2']],
  ['1.2', ['1.2.0', '1.2.9'], ['1.3.0', '1.1.9']],
  ['1.2.x', ['1.2.0', '1.2.9'], ['1.3.0']],
  ['1', ['1.0.0', '1.9.0'], ['2.0.0', '0.9.0']],
  ['*', ['0.0.1', '9.0.0'], ['1.0.0-rc.1']],
  ['!=1.2.3', ['1.2.4'], ['1.2.3', '1.2.4-rc.1']],
  ['!=1.2', ['1.3.0'], ['1.2.5']],
  ['>=1.2, <2', ['1.2.0', '1.9.9'], ['1.1.0', '2.0.0']],
  ['>= 1.2 < 3.0.0 || >= 4.2.3', ['1.2.0', '4.2.3'], ['3.0.0', '4.2.2']],
  ['>1.2', ['1.3.0'], ['1.2.9', '1.2.0']],
  ['>1.2.3', ['1.2.4'], ['1.2.3']],
  ['<=1.2', ['1.2.9', '0.1.0'], ['1.3.0']],
  ['=<1.2.3', ['1.2.3'], ['1.2.4']],
  ['1.2 - 1.4.5', ['1.2.0', '1.4.5'], ['1.4.6']],
  ['~1.2.3', ['1.2.3', '1.2.9'], ['1.3.0', '1.2.2']],
  ['~1', ['1.9.0'], ['2.0.0']],
  ['~>1.2', ['1.2.7'], ['1.3.0']],
  ['^1.2.3', ['1.9.0'], ['2.0.0', '1.2.2']],
  ['^0.2.3', ['0.2.9'], ['0.3.0']],
  ['^0.0.3', ['0.0.3'], ['0.0.4']],
  ['^0.0', ['0.0.9'], ['0.1.0']],
  ['^0', ['0.9.0'], ['1.0.0']],
  ['^*', ['7.0.0'], []],
  ['>=1.2.0-0', ['1.2.0-rc.1', '1.3.0-rc.1'], ['1.1.9']],
];
for (const [text, within, without] of RANGES)
  test(`tryParseExtensionRange reads ${text}`, () => {
    const range = tryParseExtensionRange(text);
    assert.ok(range !== null);
    assert.deepEqual(
      [...within, ...without].filter((version) => range(parseVersion(version))),
      within,
    );
  });

for (const text of ['', '  ', 'latest', '>=', '1.2.3.4', '>=1.2 ||', '<>1.2.3', '1.x-rc', '>=1..2'])
  test(`tryParseExtensionRange takes ${JSON.stringify(text)} for no range`, () => {
    assert.equal(tryParseExtensionRange(text), null);
  });
