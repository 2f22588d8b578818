import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { parseInUse, parseUses } from '../../src/manifest/in-use.ts';

const HEAD = 'apiVersion: olmirror/v1alpha1\nkind: InUse\nspec:\n  clusters:\n';

test('parseInUse lists what Subscriptions and ClusterExtensions have installed', () => {
  const text = `${HEAD}    - name: prod
      seen: 2026-11-20
      subscriptions:
        - { name: etcd, namespace: operators, package: etcd, channel: stable, source: cs-idx, sourceNamespace: openshift-marketplace, approval: Manual, installed: etcd.v1.0.0, pending: etcd.v1.1.0 }
        - { name: quay, package: quay, installed: quay.v3.0.0 }
        - { name: new, package: new, installed: null }
      clusterExtensions:
        - { name: argo, package: argocd, channels: [stable], version: '>=0.6.0, <1.0.0', installed: argocd.v0.6.0 }
        - { name: none, package: none, installed: null }
      images: ['quay.io/x/y@sha256:${'a'.repeat(64)}', 'quay.io/x/z:1', 'quay.io/x/z:1']
    - name: empty
      images: ['quay.io/x/z:1']
`;
  const prod = { cluster: 'prod', seen: '2026-11-20' };
  assert.deepEqual(parseInUse(text), [
    {
      ...prod,
      user: 'Subscription operators/etcd',
      package: 'etcd',
      bundle: 'etcd.v1.0.0',
      source: 'cs-idx',
      sourceNamespace: 'openshift-marketplace',
      terms: {
        kind: 'Subscription',
        channel: 'stable',
        approval: 'Manual',
        pending: 'etcd.v1.1.0',
      },
    },
    {
      ...prod,
      user: 'Subscription quay',
      package: 'quay',
      bundle: 'quay.v3.0.0',
      source: null,
      sourceNamespace: null,
      terms: { kind: 'Subscription', channel: null, approval: 'Automatic', pending: null },
    },
    {
      ...prod,
      user: 'ClusterExtension argo',
      package: 'argocd',
      bundle: 'argocd.v0.6.0',
      source: null,
      sourceNamespace: null,
      terms: { kind: 'ClusterExtension', channels: ['stable'], version: '>=0.6.0, <1.0.0' },
    },
  ]);
  const { clusters, uses, images } = parseUses(text);
  assert.deepEqual(images, [`quay.io/x/y@sha256:${'a'.repeat(64)}`, 'quay.io/x/z:1']);
  assert.deepEqual(clusters, ['prod', 'empty']);
  assert.deepEqual(
    uses.filter(({ bundle }) => bundle === null).map(({ user }) => user),
    ['Subscription new', 'ClusterExtension none'],
  );
});

const FAULTS: readonly (readonly [string, string, RegExp])[] = [
  ['a list', '- a\n', /in-use\.yaml:1:1: The document is a list/],
  ['no YAML', 'a: [\n', /not valid YAML/],
  ['nothing', '', /The file is empty/],
  [
    'a misspelt field',
    `${HEAD}    - name: a\n      subscriptions:\n        - { name: x, package: x, instaled: x.v1 }\n`,
    /in-use\.yaml:7:\d+: .*unknown field "instaled"/,
  ],
  [
    'a Subscription that does not say what is installed',
    `${HEAD}    - name: a\n      subscriptions:\n        - { name: x, package: x }\n`,
    /in-use\.yaml:7:\d+: .*lacks the field "installed"/,
  ],
  [
    'no such day',
    `${HEAD}    - { name: a, seen: 2026-02-30 }\n`,
    /in-use\.yaml:5:\d+: There is no day 2026-02-30/,
  ],
];
for (const [name, text, message] of FAULTS) {
  test(`parseInUse refuses ${name}, with its place`, () => {
    assert.throws(
      () => parseInUse(text),
      (error) => isToolError(error, 'MANIFEST_IN_USE_INVALID') && message.test(error.message),
    );
  });
}
