import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listExtractedImages } from '../../src/cluster/find-extracting.ts';

const EXTRACTED = `kind: CatalogSource
spec:
  image: p.example:5000/olm/idx:v1
  grpcPodConfig: { extractContent: { catalogDir: /configs } }
`;
const PLAIN =
  'kind: CatalogSource\nspec: { image: p.example:5000/olm/other:v1, sourceType: grpc }\n';

test('listExtractedImages finds the images that OLM serves by its own opm', () => {
  assert.deepEqual(listExtractedImages(`${PLAIN}---\n${EXTRACTED}`), ['p.example:5000/olm/idx:v1']);
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
  assert.deepEqual(listExtractedImages(JSON.stringify(list)), ['b:1']);
});

test('listExtractedImages finds none in other objects, in what is half written, and in no YAML', () => {
  for (const text of [
    '',
    'kind: [',
    '- 1',
    'null',
    'kind: CatalogSource',
    EXTRACTED.replace('CatalogSource', 'Pod'),
  ])
    assert.deepEqual(listExtractedImages(text), []);
});
