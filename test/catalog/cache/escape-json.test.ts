import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { escapeJson, type JsonParts } from '../../../src/catalog/cache/escape-json.ts';
import { escapeHtml } from '../../../src/catalog/cache/format-go.ts';
import { checkLaw } from '../../support/check-law.ts';

const PAGE = 65_536;

function escaped(...json: JsonParts): string {
  return Buffer.from(escapeJson(json)).toString();
}

/** What `escapeJson` says of itself, by other means. */
function escapeSlowly(json: string): string {
  return JSON.stringify(escapeHtml(json)).slice(1, -1);
}

/** Texts of JSON with whatever is escaped in it, or looks like it. */
const ANY_JSON: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom('<', '>', '&', '"', '\\', '\u2028', '\u2029', '\u2027', '\u202a', '’', '�'),
      fc.constantFrom('é', '\u00e2', '\u0080', '😀', '\n', '\u0000', '\u007f', 'a', ''),
      fc.string({ maxLength: 40 }),
    ),
  )
  .map((texts) => JSON.stringify(texts.join('')));

describe('escapeJson', () => {
  it('escapes quotes, backslashes, what HTML would take for its own, and line separators', () => {
    assert.equal(
      escaped('{"a":"<b> & \u2028\u2029 c’\\n"}'),
      String.raw`{\"a\":\"\\u003cb\\u003e \\u0026 \\u2028\\u2029 c’\\n\"}`,
    );
    assert.equal(escaped(''), '');
    assert.equal(escaped(), '');
  });

  it('is what JSON.stringify makes of the text escaped for HTML', (t) => {
    checkLaw(
      t,
      fc.property(ANY_JSON, (json) => {
        assert.equal(escaped(json), escapeSlowly(json));
      }),
    );
  });

  it('takes parts as one text, and what it made itself as it is', (t) => {
    checkLaw(
      t,
      fc.property(ANY_JSON, ANY_JSON, ANY_JSON, (a, b, c) => {
        const part = escapeJson([b]).slice();
        assert.equal(escaped(a, part, c), escapeSlowly(a + b + c));
      }),
    );
  });

  it('cuts a long text at no character', () => {
    for (const char of ['x', 'é', '\u2028', '’', '😀', '<'])
      for (let shift = 0; shift < 5; shift += 1) {
        const json = JSON.stringify('x'.repeat(PAGE - 6 + shift) + char.repeat(PAGE));
        assert.equal(escaped(json), escapeSlowly(json), `${char} ${shift}`);
      }
  });

  it('has room for a page of the longest escapes', () => {
    const json = '<'.repeat(PAGE);
    assert.equal(escaped(json), '\\\\u003c'.repeat(PAGE));
  });
});
