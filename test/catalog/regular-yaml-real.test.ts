import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { parseAnyYaml } from '../../src/catalog/parse-any-yaml.ts';
import { parseRegularYaml } from '../../src/catalog/regular-yaml.ts';
import { findRealData } from '../support/real-data.ts';

const DATA = findRealData('.');

// Seen to fail for the share with multi-line plain scalars left to js-yaml, and for a value with
// the wrong chomping of `|-`.
it('real documents are regular, and read as js-yaml reads them', { skip: DATA.skip }, () => {
  const documents = readdirSync(DATA.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((file) => readFileSync(file, 'utf8').split(/^---.*\n/m))
    .filter((text) => text.trim() !== '');
  assert.ok(documents.length > 1_000);
  const regular = documents.filter(isReadAlike);
  assert.ok(
    regular.length >= 0.95 * documents.length,
    `${regular.length} of ${documents.length} documents are regular`,
  );
});

function isReadAlike(text: string): boolean {
  const value = parseRegularYaml(text);
  if (value === undefined) return false;
  const wanted = parseAnyYaml(text);
  assert.ok(wanted.kind === 'value' && wanted.ignoredFrom === null, text.slice(0, 200));
  assert.deepEqual(value, wanted.value);
  assert.equal(JSON.stringify(value), JSON.stringify(wanted.value));
  return true;
}
