import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findCatalogSource,
  listElsewhere,
  listObjects,
  listServing,
} from '../../src/cluster/find-catalog-source.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';
import { buildCatalogEntry } from '../../src/manifest/build-manifest.ts';
import type { CatalogEntry } from '../../src/manifest/types.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';

const OLD = buildCatalogEntry({ name: 'old', repository: 'olm/red', tag: 'v4.18' });
const NEW = buildCatalogEntry({ name: 'new', repository: 'olm/red', tag: 'v4.20' });
const CERTIFIED = buildCatalogEntry({ name: 'certified', repository: 'olm/red-2', tag: 'v4.18' });
const ALL = [OLD, NEW, CERTIFIED];

function source(name: string, image: string): string {
  return `kind: CatalogSource\nmetadata: { name: ${name}, namespace: olm }\nspec: { image: "${image}" }\n`;
}

/** Name of the CatalogSource of each catalog, where the objects are these. */
function nameAll(
  sources: Readonly<Record<string, string>>,
  catalogs: readonly CatalogEntry[] = ALL,
): readonly string[] {
  const text = Object.entries(sources).map(([name, image]) => source(name, image));
  const files = [{ path: 'cluster/all.yaml', text: text.join('---\n') }];
  const manifest = makeManifest({ catalogs });
  return catalogs.map(
    (entry) => findCatalogSource(entry, { manifest, objects: listObjects(files) }).name,
  );
}

// Seen to fail: with the repository alone compared, and with what names no tag given to the first catalog.
test('findCatalogSource gives each catalog the object that serves it, by tag first', () => {
  const digest = `h:5000/olm/red@${digestOfChar('a')}`;
  const cases: readonly (readonly [Record<string, string>, readonly string[]])[] = [
    [{}, ['cs-old', 'cs-new', 'cs-certified']],
    [
      { two: 'h:5000/olm/red:v4.20', one: 'mirror.corp/p/olm/red:v4.18-aaaaaaaaaaaa' },
      ['one', 'two', 'cs-certified'],
    ],
    [{ one: 'h/olm/red:v4.18-aaaaaaaaaaaa' }, ['one', 'cs-new', 'cs-certified']],
    [{ two: 'h:5000/olm/red:v4.20' }, ['cs-old', 'two', 'cs-certified']],
    // What names no tag is of the one that has no object; of two without one it is nobody's.
    [{ two: 'h/olm/red:v4.20', other: digest }, ['other', 'two', 'cs-certified']],
    [{ other: digest }, ['cs-old', 'cs-new', 'cs-certified']],
    [{ red: 'h/olm/red-2:v4.16' }, ['cs-old', 'cs-new', 'red']],
    [{ red: 'h/team/red:v4.18', x: 'h/not-olm/red:v4.18' }, ['cs-old', 'cs-new', 'cs-certified']],
  ];
  for (const [sources, names] of cases)
    assert.deepEqual(nameAll(sources), names, JSON.stringify(sources));
});

test('findCatalogSource goes by the manifest where that names one, and leaves other objects to the others', () => {
  const named = { ...NEW, catalogSource: { name: 'mine', namespace: 'olm' } };
  const objects = { two: 'h/olm/red:v4.20', other: 'h/olm/red:v4.16' };
  assert.deepEqual(nameAll(objects, [OLD, named]), ['other', 'mine']);
  const files = [
    {
      path: 'a.yaml',
      text: 'kind: CatalogSource\nmetadata: { name: n }\nspec: { image: h/olm/red:v4.18 }\n',
    },
  ];
  const found = findCatalogSource(OLD, {
    manifest: makeManifest({ catalogs: [OLD] }),
    objects: listObjects(files),
  });
  assert.deepEqual(found, { name: 'n', namespace: 'openshift-marketplace' });
});

test('listServing gives all objects of a kind that serve the index', () => {
  const text = `${source('a', 'h/olm/red:v4.18')}---\n${source('b', 'g/olm/red:v4.18')}---\nkind: ClusterCatalog\nmetadata: { name: c }\nspec: { source: { image: { ref: "h/olm/red:v4.18" } } }\n`;
  const { objects } = readClusterObjects('x.yaml', text);
  const served = { manifest: makeManifest({ catalogs: ALL }), objects };
  function names(kind: 'CatalogSource' | 'ClusterCatalog', entry: CatalogEntry): readonly string[] {
    return listServing(kind, entry, served).map(({ name }) => name);
  }
  assert.deepEqual(names('CatalogSource', OLD), ['a', 'b']);
  assert.deepEqual(names('ClusterCatalog', OLD), ['c']);
  assert.deepEqual(names('CatalogSource', NEW), []);
});

test('listElsewhere gives what serves no catalog, apart from what may serve this one by its digest', () => {
  const digest = digestOfChar('a');
  const text = [
    source('mine', 'h/olm/red:v4.18'),
    source('older', 'h/olm/red:v4.16'),
    source('community', 'quay.io/community/index:latest'),
    source('pinned', `h/olm/red@${digest}`),
    source('kept', `h/olm/red:${digest.replace(':', '-')}`),
  ].join('---\n');
  const { objects } = readClusterObjects('x.yaml', text);
  const found = listElsewhere(OLD, { manifest: makeManifest({ catalogs: ALL }), objects });
  const [others, unclear] = [found.others, found.unclear].map((list) => list.map((it) => it.name));
  // Of two catalogs only NEW has no object, so that what names a digest is taken for its.
  assert.deepEqual([others, unclear], [['community'], []]);
  const named = ALL.map((entry) => ({ ...entry, catalogSource: { name: 'n', namespace: 'olm' } }));
  const doubt = listElsewhere(OLD, { manifest: makeManifest({ catalogs: named }), objects });
  assert.deepEqual(
    [doubt.others, doubt.unclear].map((list) => list.map(({ name }) => name)),
    [
      ['older', 'community'],
      ['pinned', 'kept'],
    ],
  );
});
