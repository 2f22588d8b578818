import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InUseReport } from '../../src/plan/in-use-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createSandbox, type Sandbox } from '../support/sandbox.ts';

const reports = compileSchema<InUseReport>('in-use-report');
const MADE = new URL('../kube/objects/made.yaml', import.meta.url).pathname;

function give(sandbox: Sandbox, path: string, value: unknown): Promise<void> {
  return sandbox.write(path, typeof value === 'string' ? value : JSON.stringify(value));
}

async function look(sandbox: Sandbox, ...args: readonly string[]): Promise<InUseReport> {
  const result = await sandbox.olmirror('in-use', ...args, '--format', 'json');
  assert.equal(result.code, 0, result.stderr);
  return parseChecked(reports, result.stdout);
}

async function readWritten(sandbox: Sandbox): Promise<string | null> {
  return sandbox.read('in-use.yaml').catch(() => null);
}

test('in-use writes what a file says, and a second look changes nothing', async (t) => {
  const sandbox = await createSandbox(t);
  const first = await look(sandbox, '--from', MADE, '--cluster', 'prod-a');
  assert.deepEqual(
    [first.written, first.subscriptions, first.clusterExtensions, first.bundles, first.images],
    [true, 1, 1, 2, first.added.length],
  );
  const written = await readWritten(sandbox);
  assert.match(written ?? '', /name: prod-a\n/);
  const again = await look(sandbox, '--from', MADE);
  assert.deepEqual([again.cluster, again.written, again.added], ['prod-a', false, []]);
  assert.equal(await readWritten(sandbox), written);
  const { stdout } = await sandbox.olmirror('in-use', '--from', MADE);
  assert.match(
    stdout,
    /^Cluster prod-a, \d{4}-\d\d-\d\d: 1 Subscription, 1 ClusterExtension, 2 installed bundles, \d+ images, out of \d+ objects\.$/m,
  );
  assert.match(stdout, /in-use\.yaml says that already\.$/m);
});

test('in-use names images that no mirror rule redirects, and not those that are redirected or lie in a mirror', async (t) => {
  const sandbox = await createSandbox(t);
  const { unmirrored } = await look(sandbox, '--from', MADE);
  const names = unmirrored.map(({ image }) => image.split(/[:@]/)[0]);
  // registry.example.com is redirected by digest only, its tools by tag; quay.io not at all.
  assert.ok(names.includes('quay.io/openshift-release-dev/ocp-v4.0-art-dev'));
  assert.ok(names.includes('registry.example.com/app/web'));
  assert.ok(!names.includes('registry.example.com/app/zero'));
  assert.ok(!names.includes('registry.example.com/tools/cli'));
  assert.ok(!names.some((name) => name?.startsWith('nexus.example.com')));
});

test('in-use reads the folder of a must-gather, warns of what is no object, and refuses what is broken', async (t) => {
  const sandbox = await createSandbox(t);
  await give(sandbox, 'gather/namespaces/n/core/pods.yaml', {
    apiVersion: 'v1',
    kind: 'PodList',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'n' },
        spec: { containers: [{ name: 'c', image: 'registry.example.com/a:1' }] },
      },
    ],
  });
  await give(sandbox, 'gather/etcd_info/members.json', [{ id: 1 }]);
  await give(sandbox, 'gather/audit.log', 'not read');
  const result = await sandbox.olmirror('in-use', '--from', 'gather', '--format', 'json');
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stderr, /members\.json/);
  assert.equal(parseChecked(reports, result.stdout).images, 1);
  const before = await readWritten(sandbox);
  await give(sandbox, 'gather/namespaces/n/core/cut.yaml', 'kind: PodList\nitems: [ {');
  const broken = await sandbox.olmirror('in-use', '--from', 'gather');
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /cut\.yaml:\d+:\d+/);
  assert.match(broken.stderr, /Nothing was written/);
  assert.equal(await readWritten(sandbox), before);
});

test('in-use reads 5,000 pods in one list, and says when pages of it are missing', async (t) => {
  const sandbox = await createSandbox(t);
  const items = Array.from({ length: 5000 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `p${index}`,
      namespace: 'n',
      ownerReferences: [{ kind: 'DaemonSet', name: 'agent', controller: true }],
    },
    spec: { containers: [{ name: 'c', image: 'registry.example.com/agent:1' }] },
  }));
  await give(sandbox, 'pods.json', {
    apiVersion: 'v1',
    kind: 'List',
    metadata: { continue: 'x' },
    items,
  });
  const report = await look(sandbox, '--from', 'pods.json');
  assert.deepEqual([report.objects, report.images], [5000, 1]);
  assert.deepEqual(
    report.unseen.map(({ kind, why }) => [kind, why]),
    [['Pod', 'truncated']],
  );
  assert.deepEqual(
    report.gaps.map(({ why }) => why),
    ['unseen'],
  );
  assert.match((await readWritten(sandbox)) ?? '', /users:\n +- DaemonSet n\/agent\n/);
});

// Seen to fail while an empty list counted as nothing: the Subscription of the last look stayed for ever.
test('in-use takes an empty list for looked at where it says of what kind it is, and says what was not looked at', async (t) => {
  const sandbox = await createSandbox(t);
  await look(sandbox, '--from', MADE);
  await give(sandbox, 'none.json', { apiVersion: 'v1', kind: 'List', items: [] });
  const alone = await sandbox.olmirror('in-use', '--from', 'none.json');
  assert.deepEqual([alone.code, /There is no object/.test(alone.stderr)], [1, true]);
  await give(sandbox, 'pod.json', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    spec: { containers: [{ name: 'c', image: 'registry.example.com/agent:1' }] },
  });
  const mute = await sandbox.olmirror('in-use', '--from', 'none.json', '--from', 'pod.json');
  assert.match(
    mute.stderr,
    /none\.json is a List without items, which does not say what was asked for/,
  );
  assert.match(
    mute.stdout,
    /Not looked at, so what in-use\.yaml says of it stays: release, subscriptions/,
  );
  assert.match((await readWritten(sandbox)) ?? '', /subscriptions:/);
  await give(sandbox, 'subscriptions.json', {
    apiVersion: 'operators.coreos.com/v1alpha1',
    kind: 'SubscriptionList',
    metadata: {},
    items: [],
  });
  const told = await look(sandbox, '--from', 'subscriptions.json');
  assert.equal(told.subscriptions, 0);
  assert.deepEqual(told.untouched, ['release', 'clusterExtensions', 'bundles', 'mirrors']);
  const written = (await readWritten(sandbox)) ?? '';
  assert.doesNotMatch(written, /subscriptions:/);
  assert.match(written, /clusterExtensions:/);
});

test('in-use asks which cluster is meant where several are known, and leaves the others', async (t) => {
  const sandbox = await createSandbox(t);
  await look(sandbox, '--from', MADE, '--cluster', 'b');
  const { cluster } = await look(sandbox, '--from', MADE, '--cluster', 'a');
  assert.equal(cluster, 'a');
  const written = await readWritten(sandbox);
  assert.deepEqual(
    written?.match(/^ +- name: [ab]$/gm)?.map((line) => line.trim()),
    ['- name: a', '- name: b'],
  );
  const unclear = await sandbox.olmirror('in-use', '--from', MADE);
  assert.equal(unclear.code, 1);
  assert.match(unclear.stderr, /a, b are known/);
  const dry = await look(sandbox, '--from', MADE, '--cluster', 'c', '--dry-run');
  assert.deepEqual([dry.written, dry.dryRun], [false, true]);
  assert.equal(await readWritten(sandbox), written);
});

test('in-use keeps an in-use.yaml that it cannot read, and says where there is no object', async (t) => {
  const sandbox = await createSandbox(t);
  await give(
    sandbox,
    'in-use.yaml',
    'apiVersion: olmirror/v1alpha1\nkind: InUse\nspec: { clusters: [{}] }\n',
  );
  const invalid = await sandbox.olmirror('in-use', '--from', MADE);
  assert.equal(invalid.code, 1);
  assert.match(invalid.stderr, /in-use\.yaml:3:\d+/);
  await give(
    sandbox,
    'in-use.yaml',
    'apiVersion: olmirror/v1alpha1\nkind: InUse\nspec: { clusters: [] }\n',
  );
  await give(sandbox, 'empty.yaml', '---\n');
  const empty = await sandbox.olmirror('in-use', '--from', 'empty.yaml');
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /There is no object of a cluster in empty\.yaml/);
  const gone = await sandbox.olmirror('in-use', '--from', 'gone.yaml');
  assert.match(gone.stderr, /FILES_NOT_FOUND|gone\.yaml/);
});
