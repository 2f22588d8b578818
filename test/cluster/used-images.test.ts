import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectInUse } from '../../src/cluster/collect-in-use.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';
import { listUsedImages } from '../../src/cluster/used-images.ts';

const HEX = 'b'.repeat(64);

function listOf(value: object, included: readonly string[]): readonly string[] {
  const [object] = readClusterObjects('o.json', JSON.stringify(value)).objects;
  assert.ok(object !== undefined);
  return listUsedImages(object, new Set(included));
}

function database(spec: object): object {
  return { apiVersion: 'example.com/v1', kind: 'Database', metadata: { name: 'd' }, spec };
}

describe('listUsedImages', () => {
  // Seen to fail without joinParts: nothing was found.
  it('joins a reference that a custom resource writes in parts', () => {
    for (const [image, expected] of [
      [{ repository: 'r.example.com/db', tag: '1' }, 'r.example.com/db:1'],
      [
        { registry: 'r.example.com:5000', repository: 'a/db', tag: '1' },
        'r.example.com:5000/a/db:1',
      ],
      [{ name: 'r.example.com/db', version: '2' }, 'r.example.com/db:2'],
      [
        { repository: 'r.example.com/db', tag: '1', digest: `sha256:${HEX}` },
        `r.example.com/db@sha256:${HEX}`,
      ],
    ] as const)
      assert.deepEqual(listOf(database({ image }), ['Database']), [expected]);
    assert.deepEqual(
      listOf(database({ image: { repository: 'r.example.com/db' } }), ['Database']),
      [],
    );
    const elsewhere = database({ chart: { repository: 'r.example.com/db', tag: '1' } });
    assert.deepEqual(listOf(elsewhere, ['Database']), []);
  });

  // Seen to fail while --include took the place of what is known of a kind: nginx was lost.
  it('finds what it knows of a kind that is included as well', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'n' },
      spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx' }] } } },
    };
    assert.deepEqual(listOf(deployment, ['Deployment']), ['nginx']);
  });

  // Seen to fail while metadata was looked into.
  it('takes nothing out of annotations, and no address with a password', () => {
    const value = {
      ...database({
        imageStore: 'postgres://user:hunter2@db.example.com:5432/images',
        imageCredentials: 'user.name/x:hunter2@@',
      }),
      metadata: { name: 'd', annotations: { 'example.com/image': 'r.example.com/old:1' } },
      status: { currentImage: 'r.example.com/db:1' },
    };
    assert.deepEqual(listOf(value, ['Database']), ['r.example.com/db:1']);
  });
});

// Seen to fail without uniteBy: a must-gather has many objects twice.
it('collectInUse counts an object that was given twice once', () => {
  const objects = [
    {
      apiVersion: 'operators.coreos.com/v1alpha1',
      kind: 'Subscription',
      metadata: { name: 's', namespace: 'n' },
      spec: { name: 'p' },
    },
    {
      apiVersion: 'olm.operatorframework.io/v1',
      kind: 'ClusterExtension',
      metadata: { name: 'e' },
      spec: { source: { catalog: { packageName: 'q' } } },
    },
    {
      apiVersion: 'config.openshift.io/v1',
      kind: 'ImageDigestMirrorSet',
      metadata: { name: 'm' },
      spec: { imageDigestMirrors: [{ source: 'r.example.com', mirrors: ['p.example.com:5000'] }] },
    },
  ];
  const items = [...objects, ...objects];
  const read = readClusterObjects('o.json', JSON.stringify({ kind: 'List', items }));
  const { subscriptions, clusterExtensions, mirrors } = collectInUse({
    name: 'prod',
    day: '2026-11-28',
    objects: read.objects,
    cut: read.cut,
    unseen: [],
    included: new Set(),
  });
  assert.deepEqual([subscriptions?.length, clusterExtensions?.length, mirrors?.length], [1, 1, 1]);
});

// Seen to fail while `continue` alone was looked at.
it('readClusterObjects takes a list that says how many objects remain for a cut one', () => {
  const list = { kind: 'PodList', metadata: { remainingItemCount: 7 }, items: [] };
  const { cut } = readClusterObjects('o.json', JSON.stringify(list));
  assert.deepEqual(cut, [{ kind: 'Pod', file: 'o.json', missing: 7 }]);
});
