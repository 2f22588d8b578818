import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { findPrograms, KUBE } from '../../scripts/lib/go-programs.mjs';
import { endChild } from './end-child.ts';
import { findPort } from './find-port.ts';
import { waitFor } from './wait-for.ts';

export interface KubeAnswer {
  readonly status: number;
  readonly body: string;
}

/** An API server of Kubernetes with its etcd, on loopback. */
export interface Kube {
  readonly folder: string;
  readonly port: number;
  readCa(): Promise<Buffer>;
  /** Makes an API server that went away come back. */
  start(): Promise<void>;
  /** Ends the API server in the middle of whatever it does; etcd keeps what it stored. */
  kill(): Promise<void>;
  /** Ends everything. */
  stop(): Promise<void>;
  /** Stops it without a word, so that requests hang; `thaw` lets it go on. */
  freeze(): void;
  thaw(): void;
  /** As the administrator. A string body is YAML for a server-side apply. */
  ask(method: string, path: string, body?: string): Promise<KubeAnswer>;
  /** A kubeconfig of a service account in namespace `olmirror`, with the token in a file of its own. */
  writeKubeconfig(account: string): Promise<string>;
}

/** Objects out of a folder of `deploy/kubernetes`, as kustomize renders them: one YAML document each. */
export function renderKustomization(folder: string): readonly string[] {
  const program = join(findPrograms(KUBE) ?? '', 'kustomize');
  const { status, stdout, stderr } = spawnSync(program, ['build', folder], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split(/^---$/m);
}

/** Lets a service account do what the Role of `deploy/kubernetes` lets it do. */
export async function grantLease(kube: Kube): Promise<void> {
  for (const [kind, path] of [
    ['Role', 'roles'],
    ['RoleBinding', 'rolebindings'],
  ]) {
    const text = renderKustomization(join(DEPLOY, 'base')).find((one) =>
      new RegExp(`^kind: ${kind}$`, 'm').test(one),
    );
    assert.ok(text !== undefined, `${kind} in deploy/kubernetes/base`);
    const made = await kube.ask(
      'PATCH',
      `/apis/rbac.authorization.k8s.io/v1/namespaces/olmirror/${path}/olmirror?fieldManager=test&fieldValidation=Strict`,
      text,
    );
    assert.ok(made.status === 201 || made.status === 200, made.body);
  }
}

/** Makes the objects of a file of YAML documents, which the API server must take strictly. */
export async function applyFile(kube: Kube, file: string): Promise<void> {
  for (const text of (await readFile(file, 'utf8')).split(/^---$/m)) {
    const made = await applyObject(kube, text);
    assert.ok(made.status === 201 || made.status === 200, `${text}: ${made.body}`);
  }
}

/** Makes, or changes, the object of one YAML document; what the API server does not know of its kind is refused. */
export async function applyObject(kube: Kube, text: string): Promise<KubeAnswer> {
  const path = await findPath(kube, text);
  return kube.ask('PATCH', `${path}?fieldManager=test&fieldValidation=Strict`, text);
}

/** Waits until the kinds of test/kube/crds are there (200) or gone (404): an API server serves a CRD some moments after it took it. */
export async function waitForKinds(kube: Kube, status: number): Promise<void> {
  const paths = [
    '/apis/operators.coreos.com/v1alpha1/installplans',
    '/apis/olm.operatorframework.io/v1/clusterextensions',
  ];
  if (status === 200) paths.push('/apis/image.openshift.io/v1/imagestreams');
  await waitFor('the API server serves the kinds', async () => {
    const answers = await Promise.all(paths.map((path) => kube.ask('GET', path)));
    return answers.every((answer) => answer.status === status);
  });
}

/** Where an object is; a namespace that is not there yet is made. */
async function findPath(kube: Kube, text: string): Promise<string> {
  const object = readObject(load(text));
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = `${kind.toLowerCase()}s`.replace(/ys$/, 'ies');
  if (metadata.namespace === undefined) return `${root}/${plural}/${metadata.name}`;
  await kube.ask(
    'PATCH',
    `/api/v1/namespaces/${metadata.namespace}?fieldManager=test-namespace`,
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${metadata.namespace} }`,
  );
  return `${root}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
}

interface NamedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function readObject(value: unknown): NamedObject {
  assert.ok(isNamed(value), JSON.stringify(value));
  return value;
}

function isNamed(value: unknown): value is NamedObject {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
}

/**
 * Makes this process look like a pod of a service account until the test ends, with its files below `root`: the client
 * of Kubernetes reads the API server's address from the process.
 */
export async function enterPod(
  t: Pick<TestContext, 'after'>,
  kube: Kube,
  account: string,
): Promise<{ readonly environment: NodeJS.ProcessEnv; readonly root: string }> {
  const root = join(kube.folder, `pod-${account}`);
  const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'token'), `${account}-token`);
  await writeFile(join(folder, 'namespace'), 'olmirror');
  await writeFile(join(folder, 'ca.crt'), await kube.readCa());
  const environment = {
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(kube.port),
  };
  const kept = { ...process.env };
  Object.assign(process.env, environment);
  t.after(() => {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, kept);
  });
  return { environment, root };
}

/** Why tests with an API server cannot run here; false where they can. */
export const NO_KUBE: string | false =
  findPrograms(KUBE) === null
    ? 'no kube-apiserver: run `node scripts/go-programs.mjs kube`'
    : false;

export const DEPLOY: string = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));

/** Service accounts that log in by token; what each may do is a matter of RBAC. */
const ACCOUNTS = ['olmirror', 'olmirror-in-use', 'stranger'];
const ADMIN = 'admin-secret';

export async function startKube(): Promise<Kube> {
  const programs = findPrograms(KUBE);
  assert.ok(programs !== null);
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-kube-'));
  const running: ChildProcess[] = [];
  function run(name: string, args: readonly string[]): ChildProcess {
    const log = openSync(join(folder, `${name}.log`), 'a');
    const child = spawn(join(programs ?? '', name), args, { stdio: ['ignore', log, log] });
    closeSync(log);
    running.push(child);
    return child;
  }
  const [client, peer, port] = [await findPort(), await findPort(), await findPort()];
  const caFile = join(folder, 'certs/apiserver.crt');
  await writeSecrets(folder);
  run('etcd', listEtcdArguments(folder, client, peer));
  let server: ChildProcess | null = null;

  function ask(method: string, path: string, body?: string): Promise<KubeAnswer> {
    return send({ method, path, body, port, caFile });
  }
  async function start(): Promise<void> {
    server = run('kube-apiserver', listServerArguments(folder, client, port));
    await waitFor('the API server is ready', () => isReady(ask, server, folder));
  }
  const kube: Kube = {
    folder,
    port,
    readCa: () => readFile(caFile),
    start,
    ask,
    async kill() {
      if (server !== null) await endChild(server);
    },
    async stop() {
      await Promise.all(running.map((child) => endChild(child)));
      await rm(folder, { recursive: true, force: true });
    },
    freeze: () => server?.kill('SIGSTOP'),
    thaw: () => server?.kill('SIGCONT'),
    writeKubeconfig: (account) => writeKubeconfig({ folder, port, caFile, account }),
  };
  await start();
  const made = await ask(
    'PATCH',
    '/api/v1/namespaces/olmirror?fieldManager=test',
    'apiVersion: v1\nkind: Namespace\nmetadata: { name: olmirror, labels: { pod-security.kubernetes.io/enforce: restricted } }',
  );
  assert.equal(made.status, 201, made.body);
  return kube;
}

async function isReady(
  ask: (method: string, path: string) => Promise<KubeAnswer>,
  server: ChildProcess | null,
  folder: string,
): Promise<boolean> {
  if (server !== null && server.exitCode !== null)
    assert.fail((await readFile(join(folder, 'kube-apiserver.log'), 'utf8')).slice(-3000));
  try {
    return (await ask('GET', '/readyz')).status === 200;
  } catch {
    return false;
  }
}

async function writeSecrets(folder: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const tokens = [
    `${ADMIN},admin,0,"system:masters"`,
    ...ACCOUNTS.map(
      (name) =>
        `${name}-token,system:serviceaccount:olmirror:${name},${name},"system:serviceaccounts,system:authenticated"`,
    ),
  ];
  await writeFile(join(folder, 'account.key'), privateKey);
  await writeFile(join(folder, 'account.pub'), publicKey);
  await writeFile(join(folder, 'tokens.csv'), `${tokens.join('\n')}\n`);
}

function listEtcdArguments(folder: string, client: number, peer: number): readonly string[] {
  const [own, others] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${own}`,
    `--advertise-client-urls=${own}`,
    `--listen-peer-urls=${others}`,
    `--initial-advertise-peer-urls=${others}`,
    `--initial-cluster=default=${others}`,
    '--unsafe-no-fsync',
  ];
}

function listServerArguments(folder: string, client: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${client}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certs')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'account.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'account.key')}`,
  ];
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly port: number;
  readonly caFile: string;
}

async function send({ method, path, body, port, caFile }: Sent): Promise<KubeAnswer> {
  const ca = await readFile(caFile);
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${ADMIN}`,
      'content-type': method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/yaml',
    };
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, ca, headers, timeout: 10_000 },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
        answer.on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function writeKubeconfig(parts: {
  readonly folder: string;
  readonly port: number;
  readonly caFile: string;
  readonly account: string;
}): Promise<string> {
  const { folder, port, caFile, account } = parts;
  const tokenFile = join(folder, `${account}.token`);
  await writeFile(tokenFile, `${account}-token`);
  const file = join(folder, `${account}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority': caFile,
        },
      },
    ],
    users: [
      { name: account, user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: account } }],
    'current-context': 'test',
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}
