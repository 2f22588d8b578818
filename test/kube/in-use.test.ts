import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type InUse, parseUses } from '../../src/manifest/in-use.ts';
import { makePackageText } from '../support/catalog.ts';
import { createSandbox, type Sandbox } from '../support/sandbox.ts';
import { createSite } from '../support/site.ts';
import {
  applyFile,
  DEPLOY,
  type Kube,
  NO_KUBE,
  startKube,
  waitForKinds,
} from '../support/start-kube.ts';
import { waitFor } from '../support/wait-for.ts';

const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/olmirror-in-use';

// The real command against a real API server, as the service account of deploy/kubernetes/in-use-rbac.yaml.
describe('in-use of a running cluster', { skip: NO_KUBE }, () => {
  let started: Kube | null = null;
  before(async () => {
    started = await startKube();
    for (const file of ['olm.yaml', 'openshift.yaml'])
      await applyFile(started, join(import.meta.dirname, 'crds', file));
    await waitForKinds(started, 200);
    await applyFile(started, join(import.meta.dirname, 'objects/made.yaml'));
    await applyFile(started, join(DEPLOY, 'in-use-rbac.yaml'));
  });
  after(() => started?.stop());

  function kube(): Kube {
    assert.ok(started !== null);
    return started;
  }

  async function look(site: Sandbox, account: string, ...args: readonly string[]): Promise<InUse> {
    const file = await kube().writeKubeconfig(account);
    const looked = await site.olmirror(
      'in-use',
      '--kubeconfig',
      file,
      '--cluster',
      'prod-a',
      ...args,
    );
    assert.equal(looked.code, 0, looked.stderr);
    const text = await site.read('in-use.yaml');
    assert.doesNotMatch(text + looked.stdout + looked.stderr, /hunter2|-token/);
    return parseUses(text);
  }

  test('writes down every image of every kind, what is installed, the release and the mirror rules', async (t) => {
    const site = await createSandbox(t);
    const inUse = await look(site, 'olmirror-in-use');
    const [cluster] = inUse.observed;
    assert.deepEqual(cluster?.unseen, []);
    assert.equal(cluster?.release?.version, '4.20.3');
    const short = inUse.images.map((image) =>
      image.replace(/^.*\/(.*?)(?:@sha256:(.).*)?$/, '$1$2'),
    );
    assert.deepEqual(short.toSorted(), IMAGES);
    assert.deepEqual(
      inUse.uses.map(({ user, bundle }) => `${user}: ${bundle}`),
      ['Subscription site/alpha: alpha.v1.0.0', 'ClusterExtension beta: beta.v2.0.0'],
    );
    assert.deepEqual(cluster?.mirrors.map(({ object }) => object).toSorted(), [
      'ImageContentSourcePolicy icsp-0',
      'ImageDigestMirrorSet idms-0',
      'ImageTagMirrorSet itms-0',
    ]);
    assert.deepEqual(
      cluster?.bundles.map(({ name, pending }) => [name, pending]),
      [
        ['alpha.v1.0.0', false],
        ['alpha.v1.1.0', true],
      ],
    );
  });

  // Guards against: an account that lost a right empties what was known.
  test('what it may not see any more stays as it was, and is listed as unseen', async (t) => {
    const site = await createSandbox(t);
    const known = await look(site, 'olmirror-in-use');
    const rules = await readRules(kube());
    try {
      await putRules(
        kube(),
        rules.filter(({ resources }) => !resources.includes('subscriptions')),
      );
      const again = await look(site, 'olmirror-in-use');
      assert.deepEqual(again.uses, known.uses);
      assert.deepEqual(
        listUnseen(again),
        OLM.map((kind) => `${kind}.operators.coreos.com forbidden`),
      );
    } finally {
      await putRules(kube(), rules);
    }
  });

  test('a kind that --include names is missing, forbidden or read', async (t) => {
    const site = await createSandbox(t);
    const include = ['--include', 'Broker.example.com'] as const;
    assert.deepEqual(listUnseen(await look(site, 'olmirror-in-use', ...include)), [
      'Broker.example.com missing',
    ]);
    await applyFile(kube(), join(import.meta.dirname, 'crds/custom.yaml'));
    await waitFor('the API server serves Brokers', async () => {
      const { status } = await kube().ask('GET', '/apis/example.com/v1/brokers');
      return status === 200;
    });
    const broker = { apiVersion: 'example.com/v1', kind: 'Broker', metadata: { name: 'a' } };
    const spec = { kafka: { image: 'registry.example.com/kafka/broker:3' } };
    const place = '/apis/example.com/v1/namespaces/site/brokers';
    const made = await kube().ask('POST', place, JSON.stringify({ ...broker, spec }));
    assert.equal(made.status, 201, made.body);
    const forbidden = await look(site, 'olmirror-in-use', ...include);
    assert.deepEqual(listUnseen(forbidden), ['Broker.example.com forbidden']);
    assert.ok(!forbidden.images.some((image) => image.includes('/broker')));
    const rules = await readRules(kube());
    await putRules(kube(), [
      ...rules,
      { apiGroups: ['example.com'], resources: ['brokers'], verbs: ['get', 'list'] },
    ]);
    const read = await look(site, 'olmirror-in-use', ...include);
    await putRules(kube(), rules);
    assert.deepEqual(listUnseen(read), []);
    assert.ok(read.images.includes(spec.kafka.image));
  });

  test('resources diff holds a running cluster against what it must be told', async (t) => {
    const site = await createSite(t);
    await site.writeManifest({ catalogs: ['one'] });
    const file = join(site.state, 'catalogs/one/a/catalog.json');
    await mkdir(join(file, '..'), { recursive: true });
    const image = `told.example.com/v/a@sha256:${'a'.repeat(64)}`;
    await writeFile(file, makePackageText('a', [{ version: '1.0.0', image }]));
    await site.commit('a catalog');
    const folder = join(site.folder, 'made');
    assert.equal((await site.olmirror(['resources', '-o', folder])).code, 0);
    const config = await kube().writeKubeconfig('olmirror-in-use');
    const diff = ['resources', 'diff', '--kubeconfig', config] as const;
    const untold = await site.olmirror(diff);
    assert.equal(untold.code, 4, untold.stderr);
    assert.match(untold.stdout, /told\.example\.com\/v\/a/);
    for (const name of await readdir(folder)) await applyFile(kube(), join(folder, name));
    const told = await site.olmirror(diff);
    assert.equal(told.code, 0, told.stdout + told.stderr);
    const stranger = await kube().writeKubeconfig('stranger');
    const blind = await site.olmirror(['resources', 'diff', '--kubeconfig', stranger]);
    assert.equal(blind.code, 1);
    assert.match(blind.stderr, /Nobody can say what the cluster is told/);
  });

  test('asks for one place, and for the group of a kind', async (t) => {
    const site = await createSandbox(t);
    const both = await site.olmirror('in-use', '--from', 'in-use.yaml', '--context', 'test');
    assert.equal(both.code, 1);
    assert.match(both.stderr, /--from and a running cluster are two places/);
    const bare = await site.olmirror('in-use', '--include', 'Kafka', '--cluster', 'prod-a');
    assert.equal(bare.code, 1);
    assert.match(bare.stderr, /Kafka does not say its group/);
  });
});

const OLM = [
  'CatalogSource',
  'ClusterServiceVersion',
  'InstallPlan',
  'OperatorGroup',
  'Subscription',
];
/** Last names of all images in objects/made.yaml, with the tag, or the digit of which a digest is made. */
const IMAGES = [
  'agent:1',
  'app8',
  'before:1',
  'bundle1',
  'bundle5',
  'cli:latest',
  'helper4',
  'index:v4.20',
  'init:1',
  'kept:1',
  'manager3',
  'nightly:1',
  'ocp-v4.0-art-dev7',
  'old:1',
  'operand2',
  'operand:pending',
  'side:1.0',
  'store:1',
  'ubi:9.6',
  'web:1.0',
  'zero9',
];

function listUnseen({ observed }: InUse): readonly string[] {
  return observed.flatMap(({ unseen }) => unseen.map(({ kind, why }) => `${kind} ${why}`));
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

async function readRules(kube: Kube): Promise<readonly Rule[]> {
  const { body } = await kube.ask('GET', ROLE);
  const { rules }: { rules: readonly Rule[] } = JSON.parse(body);
  return rules;
}

async function putRules(kube: Kube, rules: readonly Rule[]): Promise<void> {
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'olmirror-in-use' },
    rules,
  };
  const { status, body } = await kube.ask('PUT', ROLE, JSON.stringify(role));
  assert.equal(status, 200, body);
}
