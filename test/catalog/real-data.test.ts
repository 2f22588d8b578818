import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { renderCatalogFiles } from '../../src/catalog/render-catalog.ts';
import type { CatalogFile } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { validateRenderable } from '../../src/catalog/validate-shapes.ts';
import { renderFiles } from '../support/render-files.ts';
import { fileOf } from './sample-catalog.ts';

const ROOT = resolve(
  import.meta.dirname,
  '../..',
  process.env['OLMIRROR_TEST_DATA'] ?? '../shared',
);
const PRESENT = existsSync(join(ROOT, 'oracle/trees.json'));
const SKIP = PRESENT ? false : 'OLMIRROR_TEST_DATA has no data';

interface Tree {
  readonly validate: { readonly exit: number };
  readonly render_json: { readonly sha256: string };
}

function readTrees(): readonly (readonly [string, Tree])[] {
  if (!PRESENT) return [];
  const trees: Record<string, Tree> = JSON.parse(
    readFileSync(join(ROOT, 'oracle/trees.json'), 'utf8'),
  );
  return Object.entries(trees);
}

function listFiles(path: string): readonly CatalogFile[] {
  const folder = join(ROOT, 'data', path);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return entries
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file), bytes: readFileSync(file) }));
}

/**
 * opm reads the files of a folder side by side and sorts unstably: which of two blobs with one
 * name comes first is chance, in the one tree that has such. Every outcome of that chance.
 */
function listArrangements(texts: readonly string[]): readonly (readonly string[])[] {
  const keys = texts.map((text) => /^\{\n.*\n.*"name": .*\n/.exec(text)?.[0]);
  const pairs = keys.flatMap((key, i) => (key !== undefined && key === keys[i - 1] ? [i] : []));
  return Array.from({ length: 2 ** pairs.length }, (_, choice) => {
    const arranged = [...texts];
    for (const [bit, i] of pairs.entries())
      if ((choice >> bit) & 1)
        [arranged[i - 1], arranged[i]] = [texts[i] ?? '', texts[i - 1] ?? ''];
    return arranged;
  });
}

describe('real catalogs', { skip: SKIP }, () => {
  for (const [path, tree] of readTrees()) {
    it(`${path}: opm’s verdict, opm’s bytes, and no loss in writing`, async () => {
      const files = listFiles(path);
      const { catalog, problems } = parseCatalog(files);
      const errors = [...problems, ...validateCatalog(catalog)].filter(
        ({ severity }) => severity === 'error',
      );
      assert.equal(errors.length > 0, tree.validate.exit !== 0, JSON.stringify(errors[0]));
      assert.deepEqual(validateRenderable(catalog), []);
      const json = await renderFiles(files);
      const wanted = tree.render_json.sha256;
      const digests = listArrangements(json.split(/(?<=^\}\n)/m)).map((texts) =>
        digestOf(texts.join('')).slice('sha256:'.length),
      );
      assert.ok(digests.includes(wanted), `${digests.length} arrangements, ${digests[0]}`);
      const yaml = await renderFiles(files, 'yaml');
      assert.equal(await renderFiles([fileOf('catalog.yaml', yaml)]), json);
      const written = [...renderCatalogFiles(catalog)].map(([file, text]) => fileOf(file, text));
      assert.equal(hashCatalog(parseCatalog(written).catalog), hashCatalog(catalog));
    });
  }
});
