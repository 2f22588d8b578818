import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIndexTag, listServedImages } from '../../src/cluster/served-images.ts';

const EXTRACTED = `kind: CatalogSource
spec:
  image: p.example:5000/olm/idx:v1
  grpcPodConfig: { extractContent: { catalogDir: /configs } }
`;
const PLAIN =
  'kind: CatalogSource\nspec: { image: p.example:5000/olm/other:v1, sourceType: grpc }\n';

test('listServedImages finds what CatalogSources and ClusterCatalogs serve, and how', () => {
  const v1 = 'kind: ClusterCatalog\nspec: { source: { type: Image, image: { ref: "c:1" } } }\n';
  assert.deepEqual(listServedImages(`${PLAIN}---\n${EXTRACTED}---\n${v1}`), [
    {
      kind: 'CatalogSource',
      image: 'p.example:5000/olm/other:v1',
      extracted: false,
      cacheDir: null,
    },
    { kind: 'CatalogSource', image: 'p.example:5000/olm/idx:v1', extracted: true, cacheDir: null },
    { kind: 'ClusterCatalog', image: 'c:1', extracted: false, cacheDir: null },
  ]);
  const list = {
    kind: 'List',
    items: [
      { kind: 'CatalogSource', spec: { image: 'a:1' } },
      {
        kind: 'CatalogSource',
        spec: { image: 'b:1', grpcPodConfig: { extractContent: { catalogDir: '/configs' } } },
      },
    ],
  };
  assert.deepEqual(
    listServedImages(JSON.stringify(list)).map(({ image, extracted }) => [image, extracted]),
    [
      ['a:1', false],
      ['b:1', true],
    ],
  );
});

test('listServedImages finds none in other objects, in what is half written, and in no YAML', () => {
  for (const text of [
    '',
    'kind: [',
    '- 1',
    'null',
    'kind: CatalogSource',
    'kind: ClusterCatalog\nspec: { source: {} }',
    EXTRACTED.replace('CatalogSource', 'Pod'),
  ])
    assert.deepEqual(listServedImages(text), []);
});

test('findIndexTag knows an index by its repository and tag, whatever the host', () => {
  const place = { repository: 'olm/idx', tag: 'v1' };
  const kept = `sha256-${'a'.repeat(64)}`;
  for (const tag of ['v1', 'v1-0123456789ab', kept])
    assert.equal(findIndexTag(`any.example:5000/olm/idx:${tag}`, place), tag);
  for (const image of [
    'h/olm/idx:v10',
    'h/olm/idx:v1-0123',
    'h/olm/idx:v1-final',
    'h/olm/idx2:v1',
    'h/xolm/idx:v1',
    `h/olm/idx@sha256:${'a'.repeat(64)}`,
    'olm/idx:v1',
  ])
    assert.equal(findIndexTag(image, place), null, image);
});
