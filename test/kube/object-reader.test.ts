import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { readLiveCluster } from '../../src/cli/read-live-cluster.ts';
import { systemClock } from '../../src/cli/system-clock.ts';
import { KINDS_IN_USE } from '../../src/cluster/kinds-in-use.ts';
import { openClusterReader } from '../../src/kube/open-object-reader.ts';
import type { ObjectReader } from '../../src/kube/port.ts';
import { MANY, postPods } from '../support/many-pods.ts';
import {
  applyFile,
  DEPLOY,
  enterPod,
  type Kube,
  NO_KUBE,
  startKube,
  waitForKinds,
} from '../support/start-kube.ts';
import { createMixedSite, survey } from '../support/survey-site.ts';

const NEVER = new AbortController().signal;
const RBAC = join(DEPLOY, 'in-use-rbac.yaml');
const SECRET = /hunter2/;
const POD = { group: '', kind: 'Pod' };
const CLUSTER_ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/olmirror-in-use';
const OPTIONS = {
  context: null,
  environment: {},
  clock: systemClock,
  timeoutMilliseconds: 20_000,
  pageSize: 500,
};

function here(path: string): string {
  return join(import.meta.dirname, path);
}

// Against a real API server, as the service account that deploy/kubernetes/in-use-rbac.yaml makes.
describe('reading the objects of a cluster', { skip: NO_KUBE }, () => {
  let started: Kube | null = null;
  before(async () => {
    started = await startKube();
    for (const file of ['crds/olm.yaml', 'crds/openshift.yaml'])
      await applyFile(started, here(file));
    await waitForKinds(started, 200);
    await applyFile(started, here('objects/made.yaml'));
    await applyFile(started, RBAC);
  });
  after(() => started?.stop());

  function kube(): Kube {
    assert.ok(started !== null);
    return started;
  }

  async function open(
    account: string,
    more: { readonly timeoutMilliseconds?: number; readonly pageSize?: number } = {},
  ): Promise<ObjectReader> {
    return openClusterReader({
      ...OPTIONS,
      kubeconfig: await kube().writeKubeconfig(account),
      ...more,
    });
  }

  // Guards against: a kind that the ClusterRole forgets.
  test('sees one object or more of every kind with what the RBAC file grants, and no secret', async () => {
    const { objects, unseen } = await readLiveCluster(
      await open('olmirror-in-use'),
      KINDS_IN_USE,
      NEVER,
    );
    assert.deepEqual(unseen, []);
    const seen = new Set(objects.map(({ kind }) => kind));
    assert.deepEqual(
      KINDS_IN_USE.filter(({ kind }) => !seen.has(kind)),
      [],
    );
    const text = JSON.stringify(objects);
    assert.doesNotMatch(text, SECRET);
    assert.match(text, /RELATED_IMAGE_HELPER/);
    assert.match(text, /SIDE_IMAGE/);
    assert.match(text, /operand:pending/);
    assert.match(text, /packageName/);
    const zero = objects.find(({ name }) => name === 'zero');
    assert.equal(`${zero?.apiVersion} ${zero?.kind} ${zero?.namespace}`, 'apps/v1 Deployment site');
  });

  test('the RBAC file grants get and list, and no Secrets or ConfigMaps of the whole cluster', async () => {
    const { body } = await kube().ask('GET', CLUSTER_ROLE);
    const {
      rules,
    }: { rules: readonly { verbs: string[]; apiGroups: string[]; resources: string[] }[] } =
      JSON.parse(body);
    assert.deepEqual([...new Set(rules.flatMap(({ verbs }) => verbs))], ['get', 'list']);
    const resources = rules.flatMap((rule) => rule.resources);
    for (const { group, kind } of KINDS_IN_USE) {
      const plural = `${kind.toLowerCase()}s`.replace(/ys$/, 'ies');
      const granted = rules.some(
        (rule) => rule.apiGroups.includes(group) && rule.resources.includes(plural),
      );
      assert.ok(granted, `${plural}.${group}`);
    }
    assert.ok(!resources.some((one) => /secret|configmap|\*|\//.test(one)), String(resources));
  });

  test('names each kind that it may not list, and reads the others', async () => {
    const { body } = await kube().ask('GET', CLUSTER_ROLE);
    const { rules, ...role }: { rules: readonly { resources: string[] }[] } = JSON.parse(body);
    const fewer = rules.filter(({ resources }) => !resources.includes('imagestreams'));
    try {
      await put(kube(), { ...role, rules: fewer });
      const reader = await open('olmirror-in-use');
      const { objects, unseen } = await readLiveCluster(reader, KINDS_IN_USE, NEVER);
      assert.deepEqual(
        unseen.map(({ kind, why }) => [kind, why]),
        [['ImageStream.image.openshift.io', 'forbidden']],
      );
      assert.match(unseen[0]?.message ?? '', /could not be listed: the API server answered 403/);
      assert.ok(objects.some(({ kind }) => kind === 'BuildConfig'));
    } finally {
      await put(kube(), { ...role, rules });
    }
  });

  test('whoever may list nothing sees nothing, and is told so of each kind', async () => {
    const { objects, unseen } = await readLiveCluster(await open('stranger'), KINDS_IN_USE, NEVER);
    assert.deepEqual(objects, []);
    assert.deepEqual([...new Set(unseen.map(({ why }) => why))], ['forbidden']);
  });

  test('a kind that is not there is a gap where every cluster of OpenShift has it', async () => {
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    for (const name of [
      'installplans.operators.coreos.com',
      'clusterextensions.olm.operatorframework.io',
    ])
      await kube().ask('DELETE', `${crds}/${name}`);
    try {
      await waitForKinds(kube(), 404);
      const reader = await open('olmirror-in-use');
      const { unseen } = await readLiveCluster(reader, KINDS_IN_USE, NEVER);
      assert.deepEqual(unseen, [
        {
          kind: 'InstallPlan.operators.coreos.com',
          why: 'missing',
          message: 'The API server knows no InstallPlan.operators.coreos.com.',
        },
      ]);
    } finally {
      await applyFile(kube(), here('crds/olm.yaml'));
      await waitForKinds(kube(), 200);
    }
  });

  test('in a pod its service account is used, and no kubeconfig is needed', async (t) => {
    const { environment, root } = await enterPod(t, kube(), 'olmirror-in-use');
    const reader = openClusterReader({ ...OPTIONS, kubeconfig: null, environment, root });
    const reading = await reader.readKind({ group: 'apps', kind: 'Deployment' }, NEVER);
    assert.ok(reading.outcome === 'read');
    assert.deepEqual(
      reading.objects.map(({ name }) => name),
      ['zero'],
    );
  });

  test('reads 5,000 pods page by page, each once', async () => {
    const image = 'registry.example.com/app/many:1';
    const pods = Array.from({ length: 5_000 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod-${index}`, namespace: MANY },
      spec: { containers: [{ name: 'app', image }] },
    }));
    await postPods(kube(), pods);
    const reading = await (await open('olmirror-in-use')).readKind(POD, NEVER);
    assert.ok(reading.outcome === 'read');
    const names = reading.objects.flatMap(({ namespace, name }) =>
      namespace === MANY ? [name] : [],
    );
    assert.equal(names.length, 5_000);
    assert.equal(new Set(names).size, 5_000);
  });

  // Guards against: a survey that sees less of a cluster than of its objects in files.
  test('survey says of a running cluster what it says of the same objects in files', async (t) => {
    const { site, folder } = await createMixedSite(t);
    for (const name of await readdir(folder)) await applyFile(kube(), join(folder, name));
    const files = await survey(site, '--cluster-resources', folder);
    const kubeconfig = await kube().writeKubeconfig('olmirror-in-use');
    const live = await survey(site, '--kubeconfig', kubeconfig, '--context', 'test');
    assert.doesNotMatch(live.stderr, /were not seen/);
    assert.deepEqual(live.report.operators, files.report.operators);
    assert.deepEqual(live.report.emptying, files.report.emptying);
    assert.deepEqual(
      live.report.next.map((line) => line.replace(/--kubeconfig .* --context test/, '')),
      files.report.next.map((line) => line.replace(/--cluster-resources \S+/, '')),
    );
    const blind = await survey(site, '--kubeconfig', await kube().writeKubeconfig('stranger'));
    assert.match(blind.stderr, /Subscription\.operators\.coreos\.com were not seen/);
    assert.notDeepEqual(blind.report.operators, files.report.operators);
  });

  test('a login that is not taken is an error that says how to get another, without the token', async () => {
    const file = await kube().writeKubeconfig('olmirror-in-use');
    const token = 'hunter2-expired-token';
    const expired = (await readFile(file, 'utf8')).replace(
      /"user":\{"auth-provider".*?\}\}\}/,
      `"user":{"token":"${token}"}`,
    );
    assert.ok(expired.includes(token));
    await writeFile(`${file}.expired`, expired);
    const reader = openClusterReader({ ...OPTIONS, kubeconfig: `${file}.expired` });
    await assert.rejects(readLiveCluster(reader, KINDS_IN_USE, NEVER), (error) => {
      assert.ok(isToolError(error, 'KUBE_UNAUTHORIZED'));
      assert.match(error.message, /does not take the login of context test: .* 401/);
      assert.match(error.hint ?? '', /create token olmirror-in-use/);
      assert.doesNotMatch(`${error.message}${error.hint}${String(error.cause)}`, SECRET);
      return true;
    });
  });

  test('an API server that hangs, or is not there, is an error within the time limit', async () => {
    const reader = await open('olmirror-in-use', { timeoutMilliseconds: 500 });
    kube().freeze();
    try {
      await assert.rejects(reader.readKind(POD, NEVER), (error) => {
        assert.ok(isToolError(error, 'KUBE_UNREACHABLE'));
        assert.match(error.message, /gives no answer: no answer within 1 s/);
        return true;
      });
    } finally {
      kube().thaw();
    }
    await kube().kill();
    try {
      await assert.rejects(reader.readKind(POD, NEVER), (error) => {
        assert.ok(isToolError(error, 'KUBE_UNREACHABLE'));
        assert.match(error.message, /nothing listens there/);
        return true;
      });
    } finally {
      await kube().start();
    }
  });
});

async function put(kube: Kube, role: object): Promise<void> {
  const { status, body } = await kube.ask(
    'PUT',
    CLUSTER_ROLE,
    JSON.stringify(withoutVersion(role)),
  );
  assert.equal(status, 200, body);
}

function withoutVersion(role: object): object {
  const copy: { metadata?: object } = structuredClone(role);
  return { ...copy, metadata: { name: 'olmirror-in-use' } };
}

// Over few connections: one for each pod would take minutes.
