import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findPointers,
  listRunDigests,
  pointsAt,
  type RegistryNames,
} from '../../src/cluster/find-pointers.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';

const STAGING: RegistryNames = {
  hosts: ['nexus.example.com:5001', '10.0.0.5:5001'],
  pathPrefix: '',
  others: ['nexus.example.com:5000', 'other.example.com:5001'],
};
const DIGEST = `sha256:${'a'.repeat(64)}`;

function find(objects: readonly object[], names = STAGING): ReturnType<typeof findPointers> {
  return findPointers(read(objects), names);
}

function read(objects: readonly object[]): ReturnType<typeof readClusterObjects>['objects'] {
  const text = JSON.stringify({ kind: 'List', items: objects });
  const { objects: found, problems } = readClusterObjects('all.json', text);
  assert.deepEqual(problems, []);
  return found;
}

// Seen to fail: without normalizeHost for :443 and upper case, and with the prefix compared in one direction only.
test('pointsAt tells the registry by host, alias and path prefix, whatever the tag', () => {
  const prefixed = { hosts: ['nexus.example.com'], pathPrefix: 'docker-staging', others: [] };
  const cases: readonly (readonly [string, RegistryNames, boolean])[] = [
    ['nexus.example.com:5001/a/b:v1', STAGING, true],
    ['NEXUS.example.com:5001/a/b', STAGING, true],
    ['docker://nexus.example.com:5001/a/b', STAGING, true],
    [`10.0.0.5:5001/a/b@${DIGEST}`, STAGING, true],
    ['nexus.example.com:5001', STAGING, true],
    ['nexus.example.com:5000/a/b', STAGING, false],
    ['nexus.example.com:50011/a/b', STAGING, false],
    ['registry.example.com/nexus.example.com:5001/a', STAGING, false],
    ['nexus.example.com/docker-staging/a/b:v1', prefixed, true],
    ['nexus.example.com:443/docker-staging/a/b', prefixed, true],
    ['nexus.example.com/docker-staging:v1', prefixed, true],
    ['nexus.example.com', prefixed, true],
    ['nexus.example.com/docker-staging-2/a', prefixed, false],
    ['nexus.example.com/docker-production/a', prefixed, false],
  ];
  for (const [reference, names, expected] of cases)
    assert.equal(pointsAt(reference, names), expected, reference);
});

// Seen to fail: with metadata and status read too, with each field of IMAGE_FIELDS taken out in turn, and with the
// source of a rule counted.
test('findPointers reads images of any kind, mirrors of rules, and what Pods pulled, and nothing that was true once', () => {
  const old = 'nexus.example.com:5001/a/old:v1';
  const { pointers, suspects } = find([
    {
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'n', annotations: { image: old } },
      spec: { template: { spec: { initContainers: [{ image: '10.0.0.5:5001/a/b:v1' }] } } },
      status: { image: old },
    },
    {
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n' },
      spec: {
        containers: [{ image: 'quay.io/a/b:v1' }],
        volumes: [{ image: { reference: 'nexus.example.com:5001/a/volume:v1' } }],
      },
      status: {
        phase: 'Pending',
        initContainerStatuses: [{ imageID: `nexus.example.com:5001/a/c@${DIGEST}` }],
      },
    },
    {
      kind: 'ImageDigestMirrorSet',
      metadata: { name: 'away' },
      spec: {
        imageDigestMirrors: [
          { source: 'nexus.example.com:5001/a', mirrors: ['nexus.example.com:5000/a'] },
        ],
      },
    },
    {
      kind: 'ClusterCatalog',
      metadata: { name: 'cc' },
      spec: { source: { image: { ref: 'nexus.example.com:5001/a/index:v1' } } },
    },
    {
      kind: 'ImageContentPolicy',
      metadata: { name: 'old-kind' },
      spec: {
        repositoryDigestMirrors: [{ source: 'quay.io/a', mirrors: ['nexus.example.com:5001/a'] }],
      },
    },
  ]);
  assert.deepEqual(
    pointers.map(({ object, reference }) => [object, reference]),
    [
      ['Deployment n/d', '10.0.0.5:5001/a/b:v1'],
      ['Pod n/p', 'nexus.example.com:5001/a/volume:v1'],
      ['Pod n/p', `nexus.example.com:5001/a/c@${DIGEST}`],
      ['ClusterCatalog cc', 'nexus.example.com:5001/a/index:v1'],
      ['ImageContentPolicy old-kind', 'nexus.example.com:5001/a'],
    ],
  );
  assert.deepEqual(suspects, []);
});

// Seen to fail without IN_CLUSTER, and without `others`.
test('findPointers suspects hosts that nobody knows on the port of staging', () => {
  const { pointers, suspects } = find(
    [
      'nexus:5001/a/b:v1',
      'other.example.com:5001/a/b:v1',
      'registry.internal.svc:5001/a/b:v1',
      'nexus.example.com:5000/a/b:v1',
      'quay.io/a/b:v1',
    ].map((image, i) => ({ kind: 'Pod', metadata: { name: `p${i}` }, spec: { image } })),
  );
  assert.deepEqual(pointers, []);
  assert.deepEqual(
    suspects.map(({ host, object }) => [host, object]),
    [['nexus:5001', 'Pod p0']],
  );
});

// Seen to fail with Pods that have ended counted, and with any kind counted.
test('listRunDigests names what Pods run by digest, those that have ended left out', () => {
  const other = `sha256:${'b'.repeat(64)}`;
  const runs = listRunDigests(
    read([
      { kind: 'Pod', metadata: { name: 'p' }, spec: { image: `quay.io/a@${DIGEST}` } },
      {
        kind: 'Pod',
        metadata: { name: 'q' },
        spec: { image: `quay.io/a@${other}` },
        status: { phase: 'Failed' },
      },
      { kind: 'Job', metadata: { name: 'j' }, spec: { image: `quay.io/a@${other}` } },
    ]),
  );
  assert.deepEqual([...runs], [[DIGEST, 'Pod p (all.json)']]);
});
