import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCatalogFile } from '../../src/catalog/parse-catalog.ts';
import { checkLaw } from '../support/check-law.ts';
import { fileOf } from './sample-catalog.ts';

function readBack(number: string): string {
  const { blobs } = parseCatalogFile(fileOf('c.json', `{"schema":"a.b","n":[${number}]}`));
  const [blob] = blobs;
  assert.ok(blob !== undefined);
  return JSON.stringify(blob.value);
}

describe('a number in a catalog', () => {
  // Seen to fail: the texts that begin with a sign, while a number was looked at up to that.
  for (const number of [
    '0',
    '-0',
    '7',
    '-7',
    '-0.0',
    '1.50',
    '-1.50',
    '1e3',
    '-1e3',
    '-1E+5',
    '-12345678901234567',
    '12345678901234567890',
  ])
    it(`keeps its text: ${number}`, () => {
      assert.equal(readBack(number), `{"schema":"a.b","n":[${number}]}`);
    });

  it('keeps its text, whatever it is', (t) => {
    const anyDigits = fc.stringMatching(/^\d{1,17}$/);
    const anyNumber = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.nat().map(String),
        fc.option(anyDigits, { nil: null }),
        fc.option(fc.stringMatching(/^[eE][+-]?\d{1,3}$/), { nil: null }),
      )
      .map(
        ([sign, whole, part, power]) =>
          `${sign}${whole}${part === null ? '' : `.${part}`}${power ?? ''}`,
      );
    checkLaw(
      t,
      fc.property(anyNumber, (number) => {
        assert.equal(readBack(number), `{"schema":"a.b","n":[${number}]}`);
      }),
    );
  });
});
