import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareTreePaths } from '../../../src/base/tree-order.ts';
import { type CacheGroup, listCacheGroups } from '../../../src/catalog/cache/list-groups.ts';
import { renderIndexEntry } from '../../../src/catalog/cache/render-index.ts';
import { parseCatalog } from '../../../src/catalog/parse-catalog.ts';
import { renderBlob } from '../../../src/catalog/render-blob.ts';
import { orderBlobs } from '../../../src/catalog/render-catalog.ts';
import type { Catalog, CatalogFile } from '../../../src/catalog/types.ts';
import { checkLaw } from '../../support/check-law.ts';
import { anyCatalog } from '../any-catalog.ts';
import { fileOf, sampleCatalog } from '../sample-catalog.ts';

const CUSTOM = { schema: 'example.com', name: 'one', text: 'a < b' };
const SAMPLE = sampleCatalog(
  { name: 'metas', channels: { stable: [{ name: 'metas.v1.0.0' }] }, others: [CUSTOM] },
  { name: 'metas-x', channels: { stable: [{ name: 'metas-x.v1.0.0' }] } },
  { name: 'packages', channels: { stable: [{ name: 'packages.v1.0.0' }] } },
  {
    name: 'foo',
    channels: {
      stable: [{ name: 'foo.v1.0.0' }, { name: 'foo.v2.0.0', replaces: 'foo.v1.0.0' }],
      'a-b': [{ name: 'foo.v2.0.0', skips: [], skipRange: '<2.0.0' }],
    },
  },
);

function renderAll(groups: readonly CacheGroup[]): ReadonlyMap<string, string> {
  const files = groups.flatMap((group) => [...group.files()]);
  return new Map(files.map((file) => [file.path, Buffer.from(file.bytes).toString()]));
}

describe('listCacheGroups', () => {
  it('comes in the order of the walk, names like those of other files among them', () => {
    const paths = [...renderAll(listCacheGroups(SAMPLE)).keys()];
    assert.deepEqual(paths, paths.toSorted(compareTreePaths));
    assert.deepEqual(
      paths.map((path) => path.replace(/\/[0-9a-f]+\.json$/, '/*')),
      [
        'foo_a-b_foo.v2.0.0.json',
        'foo_stable_foo.v1.0.0.json',
        'foo_stable_foo.v2.0.0.json',
        'metas/example.com/metas/*',
        'metas-x_stable_metas-x.v1.0.0.json',
        'metas_stable_metas.v1.0.0.json',
        'packages.json',
        'packages_stable_packages.v1.0.0.json',
      ],
    );
  });

  it('renders each file anew, the same each time', () => {
    const groups = listCacheGroups(SAMPLE);
    assert.deepEqual(renderAll(groups), renderAll(groups));
  });

  it('asks for the part of the index that each package gives', () => {
    const asked: string[] = [];
    const groups = listCacheGroups(SAMPLE, (pkg) => {
      asked.push(pkg.name);
      return renderIndexEntry(pkg);
    });
    assert.deepEqual(renderAll(groups), renderAll(listCacheGroups(SAMPLE)));
    assert.deepEqual(asked, ['foo', 'metas', 'metas-x', 'packages']);
  });

  it('leaves out a name that only custom objects carry', () => {
    const { catalog } = parseCatalog([
      fileOf('catalog.json', JSON.stringify({ ...CUSTOM, package: 'ghost' })),
    ]);
    const files = renderAll(listCacheGroups(catalog));
    assert.equal(files.get('packages.json'), '{}');
    assert.equal(files.size, 2);
  });

  it('does not depend on the order of files, packages and blobs', (t) => {
    const anyShuffled = anyCatalog().chain((catalog) =>
      fc.tuple(
        fc.constant(catalog),
        fc.shuffledSubarray(listTexts(catalog), { minLength: listTexts(catalog).length }),
        fc.boolean(),
      ),
    );
    checkLaw(
      t,
      fc.property(anyShuffled, ([catalog, texts, whole]) => {
        const files: readonly CatalogFile[] = whole
          ? [fileOf('all.json', texts.join(''))]
          : texts.map((text, index) => fileOf(`${index}.json`, text));
        const shuffled = parseCatalog(files).catalog;
        assert.deepEqual(renderAll(listCacheGroups(shuffled)), renderAll(listCacheGroups(catalog)));
      }),
      300,
    );
  });

  it('keeps the files of every package that is the same in another catalog', (t) => {
    checkLaw(
      t,
      fc.property(anyCatalog(), anyCatalog(), (one, other) => {
        const mixed: Catalog = {
          packages: new Map([
            ...[...one.packages].filter(([name]) => name === 'bar'),
            ...[...other.packages].filter(([name]) => name === 'foo'),
          ]),
          loose: [],
        };
        const [before, after] = [one, mixed].map((catalog) => filesOf(catalog, 'bar_'));
        assert.deepEqual(after, before);
        assert.deepEqual(filesOf(mixed, 'foo_'), filesOf(other, 'foo_'));
      }),
      300,
    );
  });
});

function listTexts(catalog: Catalog): string[] {
  return [...catalog.packages.values()].flatMap(orderBlobs).map((blob) => renderBlob(blob, 'json'));
}

function filesOf(catalog: Catalog, start: string): readonly (readonly [string, string])[] {
  return [...renderAll(listCacheGroups(catalog))].filter(([path]) => path.startsWith(start));
}
