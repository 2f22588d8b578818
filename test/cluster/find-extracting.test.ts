import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findExtracting } from '../../src/cluster/find-extracting.ts';

const PLACE = { repository: 'olm/idx', tag: 'v1' };

function source(image: string, extract: string): string {
  return `kind: CatalogSource\nspec: { image: "${image}", grpcPodConfig: { ${extract} } }\n`;
}

test('findExtracting finds what serves this index by opm of OLM, with the cache that it takes', () => {
  const files = [
    { path: 'cluster/a.yaml', text: source('h/olm/idx:v1', 'memoryTarget: 30Mi') },
    {
      path: 'cluster/b.yaml',
      text: `${source('h/olm/idx:v1-0123456789ab', 'extractContent: { catalogDir: /configs, cacheDir: /tmp/cache }')}---\n${source('h/olm/other:v1', 'extractContent: { catalogDir: /configs }')}`,
    },
    { path: 'cluster/c.yaml', text: source('h/olm/idx:v1', 'extractContent: { cacheDir: /x }') },
    { path: 'cluster/d.yaml', text: source('h/olm/idx:v1', 'extractContent: { catalogDir: /c }') },
  ];
  assert.deepEqual(
    findExtracting(files, PLACE).map(({ image, cacheDir }) => [image, cacheDir]),
    [
      ['h/olm/idx:v1-0123456789ab', '/tmp/cache'],
      ['h/olm/idx:v1', null],
    ],
  );
});
