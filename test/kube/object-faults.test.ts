import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { systemClock } from '../../src/cli/system-clock.ts';
import { openClusterReader } from '../../src/kube/open-object-reader.ts';
import type { KindReading, ObjectReader } from '../../src/kube/port.ts';
import { listen } from '../support/listen.ts';
import { createSandbox, type Sandbox } from '../support/sandbox.ts';

// Answers that a healthy API server gives once in months, by a server of ours.

const NEVER = new AbortController().signal;
const STREAM = { group: 'image.openshift.io', kind: 'ImageStream' };
const LIST = '/apis/image.openshift.io/v1/imagestreams';
const DISCOVERY: Readonly<Record<string, unknown>> = {
  '/api/v1': { resources: [] },
  '/apis/image.openshift.io': { versions: [{ groupVersion: 'image.openshift.io/v1' }] },
  '/apis/image.openshift.io/v1': {
    resources: [
      { kind: 'ImageStream', name: 'imagestreams/status' },
      { kind: 'ImageStream', name: 'imagestreams' },
    ],
  },
};

type Reply = readonly [status: number, body: unknown];

interface Asked {
  readonly reading: KindReading;
  /** Paths in their order, those of the discovery left out. */
  readonly lists: readonly string[];
  readonly methods: ReadonlySet<string>;
}

async function ask(t: TestContext, replies: readonly (Reply | 'hang')[]): Promise<Asked> {
  const lists: string[] = [];
  const methods = new Set<string>();
  const left = [...replies];
  const server = createServer((incoming, answer) => {
    const path = incoming.url ?? '';
    methods.add(incoming.method ?? '');
    const known = DISCOVERY[path];
    if (known === undefined) lists.push(path);
    const reply = known === undefined ? (left.shift() ?? [500, 'no reply left']) : [200, known];
    if (reply === 'hang') return;
    answer.writeHead(Number(reply[0]));
    answer.end(typeof reply[1] === 'string' ? reply[1] : JSON.stringify(reply[1]));
  });
  const port = await listen(t, server);
  const reader = await open(await createSandbox(t), port);
  return { reading: await reader.readKind(STREAM, NEVER), lists, methods };
}

async function open(sandbox: Sandbox, port: number): Promise<ObjectReader> {
  const file = await writeIn(
    sandbox,
    'kubeconfig',
    JSON.stringify({
      clusters: [
        {
          name: 'a',
          cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'a', user: { token: 'hunter2' } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      'current-context': 'a',
    }),
  );
  return openAt({ kubeconfig: file });
}

async function writeIn(sandbox: Sandbox, name: string, text: string): Promise<string> {
  await sandbox.write(name, text);
  return join(sandbox.folder, name);
}

function openAt(more: {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly environment?: NodeJS.ProcessEnv;
}): ObjectReader {
  return openClusterReader({
    kubeconfig: null,
    context: null,
    environment: {},
    clock: { now: () => systemClock.now(), sleep: () => Promise.resolve() },
    timeoutMilliseconds: 300,
    pageSize: 2,
    ...more,
  });
}

function page(names: readonly string[], token = ''): Reply {
  const items = names.map((name) => ({ metadata: { name, namespace: 'site' } }));
  return [200, { kind: 'ImageStreamList', metadata: { continue: token }, items }];
}

function namesOf(reading: KindReading): readonly string[] {
  assert.ok(reading.outcome === 'read', JSON.stringify(reading));
  return reading.objects.map(({ name }) => name);
}

// Guards against: pages of two moments in one list, and objects counted twice.
test('a list whose continue token expired is begun again, and what came before is forgotten', async (t) => {
  const { reading, lists, methods } = await ask(t, [
    page(['a', 'b'], 'first=&?'),
    [410, { reason: 'Expired' }],
    page(['a', 'c'], 'second'),
    page(['d']),
  ]);
  assert.deepEqual(namesOf(reading), ['a', 'c', 'd']);
  assert.deepEqual(lists, [
    `${LIST}?limit=2`,
    `${LIST}?limit=2&continue=first%3D%26%3F`,
    `${LIST}?limit=2`,
    `${LIST}?limit=2&continue=second`,
  ]);
  assert.deepEqual([...methods], ['GET']);
});

test('a list that expires again and again counts as not seen', async (t) => {
  const expiring: Reply[] = [1, 2, 3].flatMap(() => [page(['a'], 'next'), [410, null] as const]);
  const { reading } = await ask(t, expiring);
  assert.deepEqual(reading, {
    outcome: 'failed',
    message: 'The list of ImageStream expired 3 times before its end was read (410).',
  });
});

test('an API server that sheds load is asked again', async (t) => {
  const { reading } = await ask(t, [[429, null], [503, null], page(['a'])]);
  assert.deepEqual(namesOf(reading), ['a']);
});

// Guards against: half a list taken for the whole one.
for (const [what, replies, said] of [
  [
    'a second page that fails',
    [page(['a'], 'next'), ...[1, 2, 3].map((): Reply => [500, { message: 'etcd is away' }])],
    'ImageStream.image.openshift.io could not be listed: the API server answered 500 (etcd is away).',
  ],
  ['an answer that is no JSON', [[200, '<html>proxy</html>']], `What ${LIST} gave is no list.`],
  ['an answer without items', [[200, { kind: 'Status' }]], `What ${LIST} gave is no list.`],
] satisfies readonly (readonly [string, readonly Reply[], string])[])
  test(`${what} counts as not seen`, async (t) => {
    const { reading } = await ask(t, replies);
    assert.deepEqual(reading, { outcome: 'failed', message: said });
  });

test('what stands behind the API server and hangs is not seen; the API server itself answers', async (t) => {
  const { reading } = await ask(t, ['hang']);
  assert.ok(reading.outcome === 'failed');
  assert.match(reading.message, /gives no answer: no answer within 1 s/);
});

test('a kubeconfig that cannot be used says why, and quotes nothing of it', async (t) => {
  const sandbox = await createSandbox(t);
  const broken = await writeIn(sandbox, 'broken', 'users:\n- user: {token: hunter2\n  name: [');
  const good = await writeIn(
    sandbox,
    'good',
    'clusters: [{name: a, cluster: {server: "https://a"}}]\nusers: []\ncontexts: [{name: north, context: {cluster: a, user: a}}]\n',
  );
  const cases: readonly (readonly [Parameters<typeof openAt>[0], RegExp])[] = [
    [{ kubeconfig: broken }, /broken cannot be used: it is no YAML/],
    [{ kubeconfig: join(broken, 'none') }, /none cannot be used: ENOTDIR/],
    [{ kubeconfig: good }, /good has no current context\. It knows north\./],
    [{ kubeconfig: good, context: 'south' }, /good has no context south\. It knows north\./],
    [{ environment: { KUBECONFIG: `${good}:${broken}` } }, /broken cannot be used/],
  ];
  for (const [options, message] of cases)
    assert.throws(
      () => openAt(options),
      (error) => {
        assert.ok(isToolError(error, 'KUBE_BAD_CONFIG'), String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message}${String(error.cause)}`, /hunter2/);
        return true;
      },
    );
  assert.equal(openAt({ kubeconfig: good, context: 'north' }).server, 'https://a');
});
