import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listServedIndexes } from '../../src/cluster/find-served.ts';
import { listMirrored, listMirrorHosts } from '../../src/cluster/list-mirrored.ts';
import { listMirrorRules } from '../../src/cluster/mirror-rules.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';

const TEXT = `kind: List
items:
  - kind: ImageDigestMirrorSet
    metadata: { name: idms }
    spec:
      imageDigestMirrors:
        - { source: quay.io/ns, mirrors: ["nexus:5001/q", "nexus:5000/q", "10.0.0.5:5000/q"] }
        - { source: "*.example.com", mirrors: ["nexus:5000/wild"] }
  - kind: ImageTagMirrorSet
    metadata: { name: itms }
    spec: { imageTagMirrors: [{ source: docker.io, mirrors: ["nexus:5000"] }] }
  - kind: ImageContentSourcePolicy
    metadata: { name: icsp }
    spec: { repositoryDigestMirrors: [{ source: quay.io/ns, mirrors: ["nexus:5000/q", "nexus:5000/old"] }] }
  - kind: CatalogSource
    metadata: { name: red, namespace: market }
    spec: { image: "nexus:5000/olm/red@sha256:${'a'.repeat(64)}" }
  - kind: ClusterCatalog
    metadata: { name: red }
    spec: { source: { image: { ref: "nexus:5001/olm/red:v1" } } }
  - kind: CatalogSource
    metadata: { name: odd, namespace: market }
    spec: { image: "Not A Reference" }
  - kind: CatalogSource
    metadata: { name: address, namespace: market }
    spec: { address: "svc:50051" }
`;

const { objects } = readClusterObjects('all.yaml', TEXT);

test('listMirrored gives the paths of one registry, each source and path once, and no wildcard', () => {
  const rules = listMirrorRules(objects);
  assert.deepEqual(
    listMirrored(rules, ['nexus:5000', '10.0.0.5:5000']).map(({ source, path }) => [source, path]),
    [
      ['docker.io', ''],
      ['quay.io/ns', 'q'],
      ['quay.io/ns', 'old'],
    ],
  );
  assert.deepEqual(listMirrored(rules, ['nexus:5001']), [{ source: 'quay.io/ns', path: 'q' }]);
  assert.deepEqual([...listMirrorHosts(rules)].toSorted(), [
    '10.0.0.5:5000',
    'nexus:5000',
    'nexus:5001',
  ]);
});

test('listServedIndexes names what serves an index, and leaves out what serves no image', () => {
  assert.deepEqual(
    listServedIndexes(objects).map(({ object, ref }) => [object, ref.registry, ref.tag]),
    [
      ['CatalogSource market/red', 'nexus:5000', null],
      ['ClusterCatalog red', 'nexus:5001', 'v1'],
    ],
  );
});
