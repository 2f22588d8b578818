import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LookedAt, listLooked } from '../../src/cluster/list-looked.ts';
import { readClusterObjects } from '../../src/cluster/read-objects.ts';

function lookAt(
  files: Readonly<Record<string, object>>,
  more: Partial<LookedAt> = {},
): { readonly looked: readonly string[]; readonly silent: readonly string[] } {
  const read = Object.entries(files).map(([path, value]) =>
    readClusterObjects(path, JSON.stringify(value)),
  );
  const { looked, untouched, silent } = listLooked({
    objects: read.flatMap(({ objects }) => objects),
    empty: read.flatMap(({ empty }) => empty),
    unseen: [],
    whole: false,
    ...more,
  });
  assert.equal(looked.size + untouched.length, 5);
  return {
    looked: [...looked].toSorted(),
    silent: silent.map(({ file, why }) => `${file} ${why}`),
  };
}

function list(apiVersion: string, kind: string, metadata: object = {}): object {
  return { apiVersion, kind, metadata, items: [] };
}

const OLM = 'operators.coreos.com/v1alpha1';
const CONFIG = 'config.openshift.io/v1';

// Seen to fail while an empty list counted as nothing: who had no Subscription any more kept those of the last look.
test('a list without items tells by its own kind that it was looked at, a List tells nothing', () => {
  assert.deepEqual(lookAt({ 'a.json': list(OLM, 'SubscriptionList') }), {
    looked: ['subscriptions'],
    silent: [],
  });
  assert.deepEqual(lookAt({ 'a.json': list('v1', 'List') }), {
    looked: [],
    silent: ['a.json kind'],
  });
  // Of the same name, and of somebody else.
  assert.deepEqual(lookAt({ 'a.json': list('messaging.knative.dev/v1', 'SubscriptionList') }), {
    looked: [],
    silent: [],
  });
  // A page of it is missing: it is not empty.
  const cut = list(OLM, 'SubscriptionList', { continue: 'x', remainingItemCount: 3 });
  assert.deepEqual(lookAt({ 'a.json': cut }), { looked: [], silent: [] });
});

test('a section of several kinds was looked at where each of them was listed, or one is there', () => {
  const versions = list(OLM, 'ClusterServiceVersionList');
  const plans = list(OLM, 'InstallPlanList');
  assert.deepEqual(lookAt({ 'a.json': versions }).looked, []);
  assert.deepEqual(lookAt({ 'a.json': versions, 'b.json': plans }).looked, ['bundles']);
  const sets = {
    'a.json': list(CONFIG, 'ImageDigestMirrorSetList'),
    'b.json': list(CONFIG, 'ImageTagMirrorSetList'),
  };
  assert.deepEqual(lookAt(sets).looked, []);
  const policies = list('operator.openshift.io/v1alpha1', 'ImageContentSourcePolicyList');
  assert.deepEqual(lookAt({ ...sets, 'c.json': policies }).looked, ['mirrors']);
  const one = { apiVersion: CONFIG, kind: 'ImageTagMirrorSet', metadata: { name: 'a' } };
  assert.deepEqual(lookAt({ 'a.json': one }).looked, ['mirrors']);
});

test('in a must-gather the path of a list tells its kind, and that it is of one namespace', () => {
  const gathered = {
    'g/cluster-scoped-resources/config.openshift.io/clusterversions.yaml': list('v1', 'List'),
    'g/cluster-scoped-resources/olm.operatorframework.io/clusterextensions.yaml': list(
      'v1',
      'List',
    ),
    'g/namespaces/n/operators.coreos.com/subscriptions.yaml': list(OLM, 'SubscriptionList'),
  };
  assert.deepEqual(lookAt(gathered), {
    looked: ['clusterExtensions', 'release'],
    silent: ['g/namespaces/n/operators.coreos.com/subscriptions.yaml namespace'],
  });
});

test('of a running cluster everything was looked at but what was refused', () => {
  const unseen = [
    { kind: 'Subscription.operators.coreos.com', why: 'forbidden', message: null },
  ] as const;
  assert.deepEqual(lookAt({}, { whole: true, unseen }).looked, [
    'bundles',
    'clusterExtensions',
    'mirrors',
    'release',
  ]);
});
