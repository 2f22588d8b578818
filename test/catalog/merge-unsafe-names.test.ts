import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { MergeOptions } from '../../src/catalog/merge-types.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { sampleCatalog } from './sample-catalog.ts';

const OPTIONS: MergeOptions = {
  duplicateBundle: 'newer',
  acceptDefaultChannel: false,
  strandedUpgrades: 'block',
};

function customOf(name: string): Catalog {
  const bytes = Buffer.from(JSON.stringify({ schema: 'acme.x', package: name, name: 'x' }));
  return parseCatalog([{ path: 'catalog.json', bytes }]).catalog;
}

// Seen to fail: the name became a path, out of the catalog's folder and into others.
for (const name of ['../../rules', '..', '.git', 'a/b', 'catalog.json', 'a\nb', 'é'.repeat(200)])
  test(`mergeCatalogs blocks custom objects of the package ${JSON.stringify(name).slice(0, 20)}`, () => {
    const { catalog, gaps } = mergeCatalogs(sampleCatalog(), customOf(name), OPTIONS);
    assert.equal(catalog.packages.size, 0);
    assert.deepEqual(
      gaps.map(({ kind }) => kind),
      ['invalid'],
    );
    assert.match(gaps[0]?.message ?? '', /^No folder can be named after the package "/);
  });

test('mergeCatalogs takes custom objects of a package that a folder may be named after', () => {
  const { catalog, gaps } = mergeCatalogs(sampleCatalog(), customOf('acme.Tools_1-x'), OPTIONS);
  assert.deepEqual([[...catalog.packages.keys()], gaps], [['acme.Tools_1-x'], []]);
});
