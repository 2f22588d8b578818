import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { forgetValue } from '../../src/catalog/blob-text.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { parseJson, parseJsonKeepingNumbers } from '../../src/catalog/parse-json.ts';
import { checkLaw } from '../support/check-law.ts';

/** Leads V8 to expect, after "schema", a key that is the escaped text of `a\nb` (nodejs/node#63785). */
function mislead(): void {
  for (let time = 0; time < 3; time += 1) JSON.parse('{"schema":1,"a\\\\nb":2}');
}

// Seen to fail with JSON.parse alone in Node 24.21: the key came back as a, backslash, n, b.
describe('parseJson', () => {
  for (const parse of [parseJson, parseJsonKeepingNumbers])
    it(`gives keys with escapes as they are written (${parse.name})`, () => {
      mislead();
      const value = parse('{"schema":1,"a\\nb\\n":{"\\u0061\\"\\\\":[18446744073709551616]}}');
      assert.deepEqual(Object.keys(Object(value)), ['schema', 'a\nb\n']);
      mislead();
      assert.deepEqual(Object.keys(Object(parse('{"schema":1,"a\\nb":3}'))), ['schema', 'a\nb']);
      mislead();
      assert.deepEqual(parse('{"schema":1,"a\\\\nb":3}'), { schema: 1, 'a\\nb': 3 });
    });

  it('gives back what JSON.stringify wrote, whatever the keys', (t) => {
    const key = fc.string({ unit: fc.constantFrom('\\', 'n', 'a', '"', '\n', '\uE000', 'b', 'm') });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.integer(), key, tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    }));
    checkLaw(
      t,
      fc.property(value, (sample) => {
        const text = JSON.stringify(sample);
        assert.equal(JSON.stringify(parseJson(text)), text);
        assert.equal(JSON.stringify(parseJsonKeepingNumbers(text)), text);
      }),
    );
  });

  it('keeps a blob’s keys when its text is read again', () => {
    const long = 'x'.repeat(5_000);
    const text = `{"schema":"a.b","a\\nb":{"c\\td":"${long}"}}`;
    mislead();
    const [blob] = parseCatalog([{ path: 'catalog.json', bytes: Buffer.from(text) }]).catalog.loose;
    assert.ok(blob !== undefined);
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual(blob.value, { schema: 'a.b', 'a\nb': { 'c\td': long } });
      forgetValue(blob);
      mislead();
    }
  });
});
