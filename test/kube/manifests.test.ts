import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { load } from 'js-yaml';
import { createSandbox } from '../support/sandbox.ts';
import {
  DEPLOY,
  type Kube,
  NO_KUBE,
  renderKustomization,
  startKube,
} from '../support/start-kube.ts';

const PLACES: Readonly<Record<string, string>> = {
  ConfigMap: 'api/v1/namespaces/olmirror/configmaps',
  CronJob: 'apis/batch/v1/namespaces/olmirror/cronjobs',
  Deployment: 'apis/apps/v1/namespaces/olmirror/deployments',
  Job: 'apis/batch/v1/namespaces/olmirror/jobs',
  Namespace: 'api/v1/namespaces',
  NetworkPolicy: 'apis/networking.k8s.io/v1/namespaces/olmirror/networkpolicies',
  PersistentVolumeClaim: 'api/v1/namespaces/olmirror/persistentvolumeclaims',
  Role: 'apis/rbac.authorization.k8s.io/v1/namespaces/olmirror/roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1/namespaces/olmirror/rolebindings',
  Service: 'api/v1/namespaces/olmirror/services',
  ServiceAccount: 'api/v1/namespaces/olmirror/serviceaccounts',
};

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

interface PodSpec {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly readOnly?: boolean }[];
}

interface KubeObject {
  readonly text: string;
  readonly kind: string;
  readonly name: string;
  readonly template: Template | null;
}

/** Folders that a person applies: a component cannot be rendered alone. */
const FOLDERS = readdirSync(DEPLOY, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && entry.name !== 'components' ? [entry.name] : [],
);

/** Of them, those that run olmirror as it comes. */
const RUNNING = ['watch', 'scheduled', 'shards'];

// Seen to fail: with `readOnlyRootFilesytem` the strict validation, with a container without `capabilities` the
// namespace's restricted level refused it.
describe('deploy/kubernetes', { skip: NO_KUBE }, () => {
  let kube: Kube;
  before(async () => {
    kube = await startKube();
  });
  after(() => kube?.stop());

  for (const folder of FOLDERS)
    test(`${folder} is rendered by kustomize, taken by a real API server, strictly, and keeps to the restricted level`, async () => {
      const objects = readObjects(folder);
      assert.ok(objects.length >= 6, `${objects.length} objects`);
      for (const { kind, name, text } of objects) {
        const place = PLACES[kind];
        assert.ok(place !== undefined, `${kind} has a place`);
        const answer = await kube.ask(
          'PATCH',
          `/${place}/${name}?fieldManager=test&fieldValidation=Strict&force=true`,
          text,
        );
        assert.ok([200, 201].includes(answer.status), `${kind} ${name}: ${answer.body}`);
      }
      for (const { template, name } of objects)
        if (template !== null) await assertRestricted(kube, name, template);
    });

  test('every container has the limit that the tests of memory hold, and writes nowhere but into its volumes', () => {
    const templates = RUNNING.flatMap(readObjects).flatMap(({ template }) =>
      template === null ? [] : [template.spec],
    );
    assert.equal(templates.length, 3);
    for (const { containers, initContainers = [] } of templates)
      for (const { resources, volumeMounts } of [...containers, ...initContainers]) {
        assert.equal(resources.limits.memory, '512Mi');
        for (const { name, readOnly } of volumeMounts)
          assert.equal(readOnly === true, !['state', 'tmp'].includes(name), name);
      }
  });

  test('OpenShift may choose the user: only the component for other clusters names one', () => {
    for (const folder of RUNNING)
      for (const { template } of readObjects(folder))
        if (template !== null) {
          assert.equal(template.spec.securityContext['runAsUser'], undefined);
          assert.equal(template.spec.securityContext['fsGroup'], undefined);
        }
    const example = readObjects('example').find(({ kind }) => kind === 'Deployment');
    assert.equal(example?.template?.spec.securityContext['fsGroup'], 1001);
    assert.match(
      example?.template?.spec.containers[0]?.image ?? '',
      /^registry\.example\.com:5000\/olm\/olmirror:/,
    );
  });

  // Seen to fail: without the patch of the Job.
  test('the component fs-group names a user for whatever runs', async (t) => {
    const { folder } = await createSandbox(t);
    for (const name of RUNNING) {
      const place = relative(folder, DEPLOY);
      const file = {
        resources: [`${place}/${name}`],
        components: [`${place}/components/fs-group`],
      };
      await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(file));
      const users = readFolder(folder).flatMap(({ template }) => {
        const { runAsUser, fsGroup } = template?.spec.securityContext ?? {};
        return template === null ? [] : [[runAsUser, fsGroup]];
      });
      assert.deepEqual(users, [[1001, 1001]], name);
    }
  });

  test('the reconciler and the scheduled passes take one Lease, so that both may run', () => {
    const leases = [...readObjects('watch'), ...readObjects('scheduled')].flatMap(({ template }) =>
      (template?.spec.containers ?? []).flatMap(({ args = [] }) =>
        args.filter((arg) => arg.startsWith('--lease=')),
      ),
    );
    assert.deepEqual(leases, ['--lease=$(NAMESPACE)/olmirror', '--lease=$(NAMESPACE)/olmirror']);
  });
});

function readObjects(folder: string): readonly KubeObject[] {
  return readFolder(join(DEPLOY, folder));
}

function readFolder(folder: string): readonly KubeObject[] {
  return renderKustomization(folder).map((text) => {
    const value: unknown = load(text);
    assert.ok(isObject(value), text);
    return { text, kind: value.kind, name: value.metadata.name, template: findTemplate(value) };
  });
}

interface Parsed {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: Template;
    readonly jobTemplate?: { readonly spec: { readonly template: Template } };
  };
}

function isObject(value: unknown): value is Parsed {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
}

function findTemplate({ spec }: Parsed): Template | null {
  return spec?.template ?? spec?.jobTemplate?.spec.template ?? null;
}

// A Deployment is only warned about; its pods would be refused, when nobody looks.
async function assertRestricted(
  kube: Kube,
  name: string,
  { metadata, spec }: Template,
): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: `${name}-pod` },
    spec,
  };
  const answer = await kube.ask(
    'POST',
    '/api/v1/namespaces/olmirror/pods?dryRun=All&fieldValidation=Strict',
    JSON.stringify(pod),
  );
  assert.equal(answer.status, 201, answer.body);
}
