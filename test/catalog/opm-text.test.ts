import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatOpmJson } from '../../src/catalog/format-json.ts';
import { isOpmText } from '../../src/catalog/opm-text.ts';
import { parseJson } from '../../src/catalog/parse-json.ts';
import { isJsonObject } from '../../src/catalog/raw-json.ts';
import { scanJsonObject } from '../../src/catalog/scan-json.ts';
import type { JsonObject, JsonValue } from '../../src/catalog/types.ts';
import { checkLaw } from '../support/check-law.ts';

const SCHEMAS = ['olm.bundle', 'olm.package', 'olm.channel', 'olm.deprecations', 'x.y'];
const ANY_SCHEMA = fc.constantFrom(...SCHEMAS);

const ANY_TEXT = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('"', '\\', '\n', 'é', '’', '😀', '\u2028', '/'),
    ),
  )
  .map((texts) => texts.join(''));
const ANY_KEY = fc.oneof(
  fc.constantFrom(
    'schema',
    'name',
    'package',
    'entries',
    'properties',
    'type',
    'value',
    'a',
    'b',
    'Z',
    '1',
    '__proto__',
  ),
  fc.string({ maxLength: 5 }),
);
const { object: ANY_OBJECT } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  object: fc.dictionary(ANY_KEY, tie('value'), { maxKeys: 5 }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1, 17),
    ANY_TEXT,
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
}));

/** What `JSON.parse` makes of it where a caller of `isOpmText` would ask; null otherwise. */
function readValue(text: string): JsonObject | null {
  if (scanJsonObject(Buffer.from(text), 0).oddNumbers) return null;
  try {
    const value: JsonValue = parseJson(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function judge(text: string, schema = 'olm.bundle'): boolean {
  const value = readValue(text);
  assert.ok(value !== null, text);
  const found = isOpmText(Buffer.from(text), value, schema);
  if (found) assert.equal(text, formatOpmJson(value, schema));
  return found;
}

const TEXT = `{
    "schema": "olm.bundle",
    "name": "é \\" \\\\ \\n ’",
    "properties": [
        {
            "type": "x",
            "value": {
                "a": [],
                "b": {},
                "c": [
                    1,
                    true,
                    null
                ]
            }
        }
    ]
}`;

/** What opm would have written otherwise, by what it is. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['a space at the end of a line', TEXT.replace('olm.bundle",', 'olm.bundle", ')],
  ['a space before a comma', TEXT.replace('olm.bundle",', 'olm.bundle" ,')],
  ['a space before a colon', TEXT.replace('"name":', '"name" :')],
  ['no space behind a colon', TEXT.replace('"name": ', '"name":')],
  ['two spaces behind a colon', TEXT.replace('"name": ', '"name":  ')],
  ['a tab behind a colon', TEXT.replace('"name": ', '"name":\t')],
  ['a line feed behind a colon', TEXT.replace('"name": ', '"name":\n    ')],
  ['an empty line', TEXT.replace('\n    "name"', '\n\n    "name"')],
  ['carriage returns', TEXT.replaceAll('\n', '\r\n')],
  ['an indentation of two', TEXT.replaceAll('    ', '  ')],
  ['a line indented too little', TEXT.replace('\n    "name"', '\n   "name"')],
  ['a line indented too much', TEXT.replace('\n    "name"', '\n     "name"')],
  ['a tab among the spaces', TEXT.replace('\n    "name"', '\n   \t"name"')],
  ['a brace indented too much', TEXT.replace(/\n\}$/, '\n }')],
  ['all on one line', JSON.stringify(JSON.parse(TEXT))],
  ['a list on one line', TEXT.replace(/\[\s+1,\s+true,\s+null\s+\]/, '[1, true, null]')],
  ['a list whose end stays on the line', TEXT.replace(/null\s+\]/, 'null]')],
  ['a space in an empty list', TEXT.replace('[]', '[ ]')],
  ['a line feed in an empty object', TEXT.replace('{}', '{\n                }')],
  [
    'an empty object on two lines of more indentation',
    TEXT.replace('{}', '{\n                    }'),
  ],
  [
    'an empty object with a line of spaces',
    TEXT.replace('{}', '{\n                    \n                }'),
  ],
  [
    'an empty list with a line of spaces',
    TEXT.replace('[]', '[\n                    \n                ]'),
  ],
  ['an escape that is none', TEXT.replace('"x"', '"a\\/b"')],
  ['a letter by its number', TEXT.replace('"x"', '"\\u0041"')],
  ['a control character in capitals', TEXT.replace('"x"', '"\\u001F"')],
  ['a line separator as it is', TEXT.replace('"x"', '"\u2028"')],
  ['a paragraph separator as it is', TEXT.replace('"x"', '"\u2029"')],
  ['an escape in a key', TEXT.replace('"a":', '"\\u0061":')],
  ['a key twice', TEXT.replace('"b": {}', '"b": 1,\n                "b": {}')],
  [
    'fields in another order',
    TEXT.replace('"schema": "olm.bundle",', '"name": "n",').replace(
      /"name": "é.*/u,
      '"schema": "olm.bundle",',
    ),
  ],
  ['keys in another order', TEXT.replace('"a": []', '"bb": []').replace('"b": {}', '"aa": {}')],
  ['a key that looks like an index and stands behind others', TEXT.replace('"b": {}', '"1": {}')],
];

const SPACES = ['', ' ', '\n', '\n    ', '\n        ', '\n    \n', '\n    \n    ', '    '];
/** Tokens, and what may stand between any two of them. */
const SPACED: readonly (readonly [readonly string[], readonly string[]])[] = [
  [['{', '}'], SPACES],
  [['{', '"a"', ':', '1', '}'], SPACES],
  [['{', '"a"', ':', '[', ']', '}'], SPACES],
  [['{', '"a"', ':', '{', '}', '}'], SPACES],
  [['{', '"a"', ':', '[', '"b"', ']', '}'], SPACES.slice(0, 6)],
  [['{', '"a"', ':', 'true', ',', '"b"', ':', '""', '}'], SPACES.slice(0, 4)],
  [['{', '"a"', ':', '[', '{', '}', ']', '}'], SPACES.slice(0, 5)],
];

function* spaceOut(tokens: readonly string[], spaces: readonly string[]): Generator<string> {
  const [first = '', ...rest] = tokens;
  if (rest.length === 0) yield first;
  else
    for (const end of spaceOut(rest, spaces)) for (const space of spaces) yield first + space + end;
}

const PIECES = [
  '"',
  '\\',
  '/',
  'n',
  'b',
  'f',
  'r',
  't',
  '"',
  'u000a',
  'u2028',
  'u0022',
  'u001f',
  'ud800',
].map((end) => `\\${end}`);
const CONTENTS = [
  ...PIECES,
  'a',
  '0',
  ' ',
  '/',
  'é',
  '’',
  '\u2028',
  '\u2029',
  '\u202a',
  '\u007f',
  '😀',
  'x'.repeat(14),
  'x'.repeat(15),
];

/** Contents of strings: up to so many pieces. */
function* listContents(most: number): Generator<string> {
  yield '';
  if (most > 0)
    for (const rest of listContents(most - 1)) for (const piece of CONTENTS) yield piece + rest;
}

describe('isOpmText', () => {
  it('knows what opm wrote', () => {
    assert.equal(judge(TEXT), true);
    assert.equal(judge('{}'), true);
    assert.equal(judge('{\n    "a": 1\n}'), true);
  });

  for (const [name, text] of OTHERS)
    it(`does not take ${name} for it`, () => {
      assert.notEqual(text, TEXT);
      assert.equal(judge(text), false);
    });

  for (const [tokens, spaces] of SPACED)
    it(`takes ${tokens.join('')} for it with one choice of white space, of ${spaces.length ** (tokens.length - 1)}`, () => {
      const known = [...spaceOut(tokens, spaces)].filter((text) => judge(text));
      const value = readValue(tokens.join(''));
      assert.ok(value !== null);
      assert.deepEqual(known, [formatOpmJson(value, 'olm.bundle')]);
    });

  // A string may end at any place among the 16 bytes that are looked at at once.
  it('takes a string for it only as it would be rendered, whatever is escaped in it, in values and keys', () => {
    for (const text of listContents(3))
      for (const json of [`{\n    "k": "${text}"\n}`, `{\n    "${text}": 1\n}`])
        if (readValue(json) !== null && !judge(json) && !/\\[u/]|[\u2028\u2029]|"\d/.test(json))
          assert.fail(`It was not known: ${json}`);
  });

  it('does not take bytes that are no UTF-8 for it', () => {
    const text = Buffer.from(TEXT.replace('"x"', '"?"'));
    text[text.indexOf('?')] = 0xff;
    const value = readValue(text.toString());
    assert.ok(value !== null);
    assert.equal(isOpmText(text, value, 'olm.bundle'), false);
  });

  it('says nothing of what is too long for it', () => {
    const [short, long] = [2 ** 20, 2 ** 20 + 1].map(
      (length) => `{\n    "a": "${'x'.repeat(length - 15)}"\n}`,
    );
    assert.deepEqual([short?.length, long?.length], [2 ** 20, 2 ** 20 + 1]);
    assert.deepEqual([judge(short ?? ''), judge(long ?? '')], [true, false]);
  });

  it('knows every text that is rendered, but for numbered characters and keys that begin with a digit', (t) => {
    checkLaw(
      t,
      fc.property(ANY_OBJECT, ANY_SCHEMA, (object, schema) => {
        const text = formatOpmJson(object, schema);
        const known = judge(text, schema);
        if (!/\\u|^ *"\d/m.test(text)) assert.equal(known, true);
      }),
    );
  });

  it('takes no other text for a rendering, whatever is changed in one', (t) => {
    const anyEdit = fc.record({
      at: fc.nat(),
      removed: fc.nat({ max: 5 }),
      put: fc.constantFrom(
        '',
        ' ',
        '\n',
        '\n    ',
        '\t',
        '\r',
        '"',
        '\\',
        '/',
        '\\u0020',
        '{',
        '}',
        '[',
        ']',
        '{}',
        ':',
        ',',
        '1',
        '0',
        ' :',
        'é',
        '\u2028',
        '"a": 1,',
        '"": 1,\n    ',
      ),
    });
    checkLaw(
      t,
      fc.property(
        ANY_OBJECT,
        ANY_SCHEMA,
        fc.array(anyEdit, { maxLength: 2 }),
        (object, schema, edits) => {
          let text = formatOpmJson(object, schema);
          for (const { at, removed, put } of edits) {
            const place = at % (text.length + 1);
            text = text.slice(0, place) + put + text.slice(place + removed);
          }
          const edited = text.toWellFormed();
          if (readValue(edited) !== null) judge(edited.trim(), schema);
        },
      ),
      20_000,
    );
  });
});
