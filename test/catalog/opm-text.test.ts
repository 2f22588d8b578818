import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../src/base/digest.ts';
import { formatOpmJson } from '../../src/catalog/format-json.ts';
import { hashBlob } from '../../src/catalog/hash-catalog.ts';
import { isOpmText } from '../../src/catalog/opm-text.ts';
import { parseCatalogFile } from '../../src/catalog/parse-catalog.ts';
import { isJsonObject } from '../../src/catalog/raw-json.ts';
import { scanJsonObject } from '../../src/catalog/scan-json.ts';
import type { JsonObject, JsonValue } from '../../src/catalog/types.ts';
import { checkLaw } from '../support/check-law.ts';
import { listRealFiles } from '../support/real-catalogs.ts';
import { fileOf } from './sample-catalog.ts';

const DATA = resolve(
  import.meta.dirname,
  '../..',
  process.env['OLMIRROR_TEST_DATA'] ?? '../shared',
  'data',
);
const SKIP = existsSync(join(DATA, 'small')) ? false : 'OLMIRROR_TEST_DATA has no data';

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
    const value: JsonValue = JSON.parse(text);
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
  ['keys that look like indexes', TEXT.replace('"b": {}', '"10": {},\n                "9": {}')],
];

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

function hashOf(text: string): string {
  const [blob] = parseCatalogFile(fileOf('c.json', text)).blobs;
  assert.ok(blob !== undefined);
  assert.equal(hashBlob(blob), digestOf(formatOpmJson(blob.value, blob.schema)));
  return hashBlob(blob);
}

describe('the hash of a blob', () => {
  const long = 'x'.repeat(3_000);

  it('is the same however a text spells, orders and indents what it says', () => {
    const text = `{\n    "schema": "olm.bundle",\n    "name": "n",\n    "image": "${long}"\n}`;
    const others = [
      text.replace('"name"', '"Name"'),
      text.replace('"schema"', '"SCHEMA"'),
      text.replaceAll('    ', '  '),
      `{"image":"${long}","name":"n","schema":"olm.bundle"}`,
      text.replace('"n"', '"\\u006e"'),
    ];
    for (const other of others) assert.equal(hashOf(other), hashOf(text), other.slice(0, 80));
  });

  it('sees a number by its text', () => {
    const [one, other] = ['1', '1.0'].map((number) =>
      hashOf(`{\n    "schema": "a.b",\n    "n": ${number},\n    "t": "${long}"\n}`),
    );
    assert.notEqual(one, other);
  });

  it('is that of its rendering, for every blob of real catalogs', { skip: SKIP }, (t) => {
    let [known, all] = [0, 0];
    for (const { files } of listRealFiles(DATA))
      for (const file of files)
        parseCatalogFile(file, (blob) => {
          const text = formatOpmJson(blob.value, blob.schema);
          assert.equal(hashBlob(blob), digestOf(text), `${file.path} ${blob.name}`);
          const value = readValue(text);
          all += text.length;
          if (value !== null && judge(text, blob.schema)) known += text.length;
        });
    t.diagnostic(`${known} of ${all} characters are known by their text`);
    assert.ok(known > all * 0.9);
  });
});
