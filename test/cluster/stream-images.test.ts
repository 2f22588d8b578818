import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectInUse } from '../../src/cluster/collect-in-use.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';

function digest(letter: string): string {
  return `sha256:${letter.repeat(64)}`;
}

function collect(...values: readonly object[]): Readonly<Record<string, readonly string[]>> {
  const { objects } = readClusterObjects('o.json', JSON.stringify({ kind: 'List', items: values }));
  const { images = [] } = collectInUse({
    name: 'c',
    day: '2026-11-28',
    objects,
    cut: [],
    unseen: [],
    included: new Set(),
  });
  return Object.fromEntries(
    images.map((used) => (typeof used === 'string' ? [used, []] : [used.image, used.users ?? []])),
  );
}

function item(letter: string, host = 'quay.io'): object {
  const image = digest(letter);
  return { image, dockerImageReference: `${host}/team/tool@${image}` };
}

const STREAM = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'tool', namespace: 'site' },
  status: {
    tags: [
      { tag: 'latest', items: [item('c'), item('b'), item('a')] },
      { tag: 'built', items: [item('d', 'image-registry.openshift-image-registry.svc:5000')] },
    ],
  },
};

function pod(image: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'site' },
    spec: { containers: [{ name: 'c', image }] },
  };
}

const OWN = 'image-registry.openshift-image-registry.svc:5000/site/tool';

test('of an ImageStream the latest item of each tag is in use, and no older one of its own', () => {
  assert.deepEqual(collect(STREAM), {
    [`quay.io/team/tool@${digest('c')}`]: ['ImageStream site/tool'],
  });
});

// Seen to fail while what the cluster's own registry serves was left out as a whole.
test('an older item is in use where a pod runs it by the own registry, which fetches it from where it was imported', () => {
  assert.deepEqual(collect(STREAM, pod(`${OWN}@${digest('b')}`)), {
    [`quay.io/team/tool@${digest('b')}`]: ['Pod site/p'],
    [`quay.io/team/tool@${digest('c')}`]: ['ImageStream site/tool'],
  });
  // What was built here comes from nowhere else.
  const built = collect(STREAM, pod(`${OWN}@${digest('d')}`));
  assert.deepEqual(Object.keys(built), [`quay.io/team/tool@${digest('c')}`]);
  const elsewhere = collect(STREAM, pod(`${OWN.replace('site', 'other')}@${digest('b')}`));
  assert.deepEqual(Object.keys(elsewhere), [`quay.io/team/tool@${digest('c')}`]);
});

test('an older item is in use where a build begins with it by ImageStreamImage', () => {
  const from = { kind: 'ImageStreamImage', name: `tool@${digest('a')}` };
  const build = {
    apiVersion: 'build.openshift.io/v1',
    kind: 'BuildConfig',
    metadata: { name: 'b', namespace: 'site' },
    spec: { strategy: { sourceStrategy: { from } } },
  };
  assert.deepEqual(collect(STREAM, build)[`quay.io/team/tool@${digest('a')}`], [
    'BuildConfig site/b',
  ]);
  const far = {
    ...build,
    metadata: { name: 'b', namespace: 'far' },
    spec: { strategy: { dockerStrategy: { from: { ...from, namespace: 'site' } } } },
  };
  assert.deepEqual(collect(STREAM, far)[`quay.io/team/tool@${digest('a')}`], ['BuildConfig far/b']);
});
