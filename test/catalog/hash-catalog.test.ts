import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import { formatOpmJson } from '../../src/catalog/format-json.ts';
import { hashBlob } from '../../src/catalog/hash-catalog.ts';
import { isOpmText } from '../../src/catalog/opm-text.ts';
import { parseCatalogFile } from '../../src/catalog/parse-catalog.ts';
import type { Blob } from '../../src/catalog/types.ts';
import { listRealFiles } from '../support/real-catalogs.ts';
import { fileOf } from './sample-catalog.ts';

const DATA = resolve(
  import.meta.dirname,
  '../..',
  process.env['OLMIRROR_TEST_DATA'] ?? '../shared',
  'data',
);
const SKIP = existsSync(join(DATA, 'small')) ? false : 'OLMIRROR_TEST_DATA has no data';

function readOne(text: string): Blob {
  const [blob] = parseCatalogFile(fileOf('c.json', text)).blobs;
  assert.ok(blob !== undefined);
  return blob;
}

function hashOf(text: string): string {
  const blob = readOne(text);
  assert.equal(hashBlob(blob), digestOf(formatOpmJson(blob.value, blob.schema)));
  return hashBlob(blob);
}

/** Whether the rendering of a blob is told by its bytes. */
function isKnown(text: string): boolean {
  const { value, schema } = readOne(text);
  return isOpmText(Buffer.from(text), value, schema);
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
          all += text.length;
          if (isKnown(text)) known += text.length;
        });
    t.diagnostic(`${known} of ${all} characters are known by their text`);
    assert.ok(known > all * 0.9);
  });
});
