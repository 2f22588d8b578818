import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderExampleCatalog } from '../../scripts/demo/example-catalog.ts';
import { listCatalogImages } from '../../scripts/demo/fill-registries.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { renderCatalogFiles } from '../support/render-catalog-files.ts';

const FOLDER = fileURLToPath(new URL('../../catalogs/example-index', import.meta.url));

// Seen to fail: after a change to one line of a catalog, and to one byte of an image's content.
test('catalogs/example-index is what scripts/demo/make-example.ts writes', async () => {
  const expected = renderExampleCatalog('merged');
  const found = new Map<string, string>();
  for (const entry of await readdir(FOLDER, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(path.slice(FOLDER.length + 1), await readFile(path, 'utf8'));
  }
  assert.deepEqual([...found.keys()].toSorted(), [...expected.keys()].toSorted());
  for (const [path, text] of expected) assert.equal(found.get(path), text, path);
});

test('renderExampleCatalog gives deliveries that know only what they bring', () => {
  assert.deepEqual(
    [...renderExampleCatalog('first').keys()],
    ['operator-a/catalog.json', 'operator-c/catalog.json'],
  );
  assert.deepEqual([...renderExampleCatalog('second').keys()], ['operator-b/catalog.json']);
  assert.equal(renderExampleCatalog('old').size, 4);
});

test('listCatalogImages names each image once, several of them on two platforms', () => {
  const images = listCatalogImages('merged');
  assert.equal(new Set(images.map((image) => image.upstream)).size, images.length);
  assert.ok(images.filter((image) => (image.spec.platforms ?? []).length === 2).length >= 5);
});

test('the example catalog is valid, and reading and writing it gives the same bytes', () => {
  for (const state of ['old', 'first', 'second', 'merged'] as const) {
    const files = renderExampleCatalog(state);
    const parsed = parseCatalog(
      [...files].map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
    );
    assert.deepEqual([...parsed.problems, ...validateCatalog(parsed.catalog)], [], state);
    assert.deepEqual([...renderCatalogFiles(parsed.catalog)], [...files], state);
  }
});

test('mirror.yaml at the top is a manifest for this catalog', async () => {
  const text = await readFile(new URL('../../mirror.yaml', import.meta.url), 'utf8');
  const result = parseManifest(text, 'mirror.yaml');
  assert.deepEqual(result.problems, []);
  assert.equal(result.manifest?.catalogs[0]?.path, 'catalogs/example-index');
});
