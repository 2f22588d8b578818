import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { isToolError } from '../../src/base/tool-error.ts';
import {
  findClusterTags,
  type PublishedIndex,
  pointClusterFiles,
} from '../../src/cluster/point-cluster-files.ts';

const OLD = 'v1-aaaaaaaaaaaa';
const NEW = 'v1-bbbbbbbbbbbb';
const INDEX: PublishedIndex = {
  catalog: 'idx',
  host: 'prod.example:5000',
  repository: 'olm/idx',
  tag: 'v1',
  to: NEW,
  catalogSource: { name: 'cs-idx', namespace: 'openshift-marketplace' },
  extract: { catalogDir: '/configs', cacheDir: '/tmp/cache' },
};

function file(text: string, path = 'cluster/mine.yaml'): { path: string; text: string } {
  return { path, text };
}

test('pointClusterFiles writes a CatalogSource and a ClusterCatalog where nothing serves the index', () => {
  const changed = pointClusterFiles([], INDEX);
  assert.deepEqual([...changed.keys()], ['cluster/idx.yaml']);
  const text = changed.get('cluster/idx.yaml') ?? '';
  const objects: unknown[] = [];
  loadAll(text, (value) => objects.push(value));
  const image = `prod.example:5000/olm/idx:${NEW}`;
  assert.deepEqual(objects, [
    {
      apiVersion: 'operators.coreos.com/v1alpha1',
      kind: 'CatalogSource',
      metadata: { name: 'cs-idx', namespace: 'openshift-marketplace' },
      spec: {
        sourceType: 'grpc',
        image,
        displayName: 'idx',
        grpcPodConfig: {
          securityContextConfig: 'restricted',
          extractContent: { catalogDir: '/configs', cacheDir: '/tmp/cache' },
        },
      },
    },
    {
      apiVersion: 'olm.operatorframework.io/v1',
      kind: 'ClusterCatalog',
      metadata: { name: 'cc-idx' },
      spec: { source: { type: 'Image', image: { ref: image } } },
    },
  ]);
  const written = file(text, 'cluster/idx.yaml');
  assert.deepEqual(pointClusterFiles([written], INDEX), new Map());
  assert.deepEqual(findClusterTags([written], INDEX), [NEW]);
  const back = pointClusterFiles([written], { ...INDEX, to: OLD }).get('cluster/idx.yaml');
  assert.equal(back, text.replaceAll(NEW, OLD));
});

test('pointClusterFiles changes the tag alone in what people wrote', () => {
  const text = `# served since May: mirror.corp/olm/idx:${OLD}
kind: CatalogSource
metadata: { name: ours, namespace: olm }   # not the usual name
spec: {priority: -100, image: "mirror.corp/olm/idx:${OLD}", displayName: 'mirror.corp/olm/idx:${OLD}-x'} # why
---
kind: CatalogSource
spec:
  image: mirror.corp/olm/idx:v10
`;
  const wanted = text.replace(`"mirror.corp/olm/idx:${OLD}"`, `"mirror.corp/olm/idx:${NEW}"`);
  assert.deepEqual(
    pointClusterFiles([file(text)], INDEX),
    new Map([['cluster/mine.yaml', wanted]]),
  );
  const moving = file(
    'kind: CatalogSource\r\nspec:\r\n  image: h/olm/idx:v1\r\n',
    'cluster/b.yaml',
  );
  assert.deepEqual(
    [...pointClusterFiles([file(wanted), moving], INDEX)],
    [['cluster/b.yaml', moving.text.replace(':v1', `:${NEW}`)]],
  );
});

test('pointClusterFiles replaces no file that serves something else, and says where it cannot write', () => {
  const other = file('kind: CatalogSource\nspec: {image: h/other:v1}\n', 'cluster/idx.yaml');
  assert.deepEqual([...pointClusterFiles([other], INDEX).keys()], ['cluster/idx-index.yaml']);
  assert.throws(
    () => pointClusterFiles([other, { ...other, path: 'cluster/idx-index.yaml' }], INDEX),
    (error) => isToolError(error, 'FILES_EXISTS'),
  );
  const folded = file(`kind: CatalogSource\nspec: {image: "h/olm/idx\\x3a${OLD}"}\n`);
  assert.throws(
    () => pointClusterFiles([folded], INDEX),
    (error) => isToolError(error, 'FILES_UNWRITABLE') && /Nothing was written/.test(error.message),
  );
});

// Seen to fail without assertFree: a second CatalogSource of the same name was written.
test('pointClusterFiles writes no second CatalogSource of the same name', () => {
  const text = `kind: CatalogSource\nmetadata: { name: cs-idx }\nspec: { image: h/olm/idx:v0 }\n`;
  assert.throws(
    () => pointClusterFiles([file(text)], INDEX),
    (error) =>
      isToolError(error, 'FILES_EXISTS') &&
      /cluster\/mine\.yaml has the CatalogSource/.test(error.message),
  );
});
