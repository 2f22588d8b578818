import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { buildConfig, RECIPE_LABEL } from '../../src/index/build-config.ts';
import { buildRecipe, type RecipeInput, readRecipeId } from '../../src/index/podman-recipe.ts';
import { makeCatalog } from '../support/catalog.ts';
import { digestOfChar } from '../support/manifest.ts';

const catalog = makeCatalog({ a: [{ version: '1.0.0', image: 'r.example/a:1' }] });
const other = makeCatalog({ a: [{ version: '1.0.1', image: 'r.example/a:2' }] });
const base = { repository: 'olm/opm', digest: digestOfChar('a'), name: 'host:1/olm/opm' };
const INPUT: RecipeInput = {
  name: 'idx',
  catalog,
  content: hashCatalog(catalog),
  cache: 'json',
  compression: 'gzip',
  platforms: ['linux/amd64', 'linux/arm64'],
  base,
  builder: base,
  annotations: { 'org.opencontainers.image.revision': 'f'.repeat(40) },
};

function idOf(changes: Partial<RecipeInput>): string {
  return buildRecipe({ ...INPUT, ...changes }).id;
}

test('a recipe is the same for the same content, whatever commit, host, name and order say', () => {
  const { id } = buildRecipe(INPUT);
  const same: readonly Partial<RecipeInput>[] = [
    { annotations: {} },
    { name: 'renamed' },
    { platforms: ['linux/arm64', 'linux/amd64'] },
    { base: { ...base, repository: 'moved/opm', name: 'elsewhere/opm' } },
    { catalog: makeCatalog({ a: [{ version: '1.0.0', image: 'r.example/a:1' }] }) },
  ];
  for (const changes of same) assert.equal(idOf(changes), id, JSON.stringify(changes));
  // Another id means that every index that podman built is built anew.
  assert.equal(id, PINNED);
});

const PINNED = 'sha256:e26871b11e8a6f6fb8df28e910928142f585d4efab318260896a22b22413b9fc';

test('a recipe is another one for other content, base, builder image, platforms or compression', () => {
  const changes: readonly Partial<RecipeInput>[] = [
    {},
    { catalog: other },
    { content: digestOf('other') },
    { base: null },
    { base: { ...base, digest: digestOfChar('b') } },
    { builder: null },
    { builder: { ...base, digest: digestOfChar('b') } },
    { platforms: ['linux/amd64'] },
    { compression: 'zstd' },
  ];
  const ids = new Set(changes.map(idOf));
  assert.equal(ids.size, changes.length);
});

test('readRecipeId takes a digest for a recipe and nothing else', () => {
  const { id, labels } = buildRecipe(INPUT);
  assert.equal(readRecipeId(labels), id);
  for (const text of ['', 'v1', 'sha256:12', id.toUpperCase()])
    assert.equal(readRecipeId({ [RECIPE_LABEL]: text }), null, text);
});

test('an index built natively on one that podman built does not inherit its recipe', () => {
  const { labels } = buildRecipe(INPUT);
  const platform = { os: 'linux', architecture: 'amd64' };
  const config = buildConfig({
    platform,
    base: { platform, config: { config: { Labels: { ...labels, kept: 'x' } } }, layers: [] },
    labels: {},
    cacheFolder: null,
    diffIds: [],
  });
  const text = JSON.stringify(config);
  assert.ok(text.includes('"kept":"x"') && !text.includes(RECIPE_LABEL), text);
});
