import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatJson } from '../../src/base/format-json.ts';

test('formatJson gives in pieces what JSON.stringify gives as a whole', () => {
  const objects = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())));
  fc.assert(
    fc.property(objects, (value) => {
      assert.equal([...formatJson(value)].join(''), JSON.stringify(value, null, 2));
    }),
    { numRuns: 500 },
  );
});

test('formatJson leaves out fields without a value, and keeps such an entry of a list as null', () => {
  const value = { a: undefined, b: [undefined, 'x\ny'], c: [], d: {} };
  assert.equal([...formatJson(value)].join(''), JSON.stringify(value, null, 2));
});

test('formatJson gives no piece much longer than 64 kB, however long a list is', () => {
  const list = Array.from({ length: 20_000 }, (_, number) => ({ number, text: 'x'.repeat(50) }));
  const pieces = [...formatJson({ list })];
  assert.ok(pieces.length > 20, String(pieces.length));
  assert.ok(Math.max(...pieces.map((piece) => piece.length)) < 70_000);
});
