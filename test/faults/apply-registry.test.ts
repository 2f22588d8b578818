import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import {
  type FaultProxy,
  type FaultProxyOptions,
  startFaultProxy,
} from '../../scripts/lib/fault-proxy.ts';
import { DEMO_PASSWORD, DEMO_USER } from '../../scripts/lib/start-registry.ts';
import { digestOf } from '../../src/base/digest.ts';
import {
  copyStep,
  kinds,
  protectTagOf,
  stage,
  startWorld,
  type World,
  type WorldOptions,
} from '../real/apply-world.ts';
import { buildSmallIndex, publishSteps, REPOSITORY } from '../real/index-steps.ts';

let world: World;
let proxy: FaultProxy | null = null;

async function startBehindProxy(
  rules: FaultProxyOptions['rules'],
  more: WorldOptions & Pick<FaultProxyOptions, 'writeOnce'> = {},
): Promise<void> {
  const { writeOnce, ...options } = more;
  world = await startWorld({
    ...options,
    productionHost: async (target) => {
      proxy = await startFaultProxy({
        target,
        rules,
        ...(writeOnce === undefined ? {} : { writeOnce }),
      });
      return proxy.host;
    },
  });
}

afterEach(async () => {
  await world.stop();
  await proxy?.stop();
  proxy = null;
});

// Promise 4. Seen to fail with the call of assertThere taken out of put-tag.ts: the outcome is then
// "copied", because skopeo ends with 0.
test('applyPlan believes HEAD, not skopeo, where a proxy accepts manifests and stores nothing', async () => {
  await startBehindProxy(({ method, url }) =>
    method === 'PUT' && url.includes('/manifests/') ? { kind: 'status', status: 201 } : null,
  );
  const image = await stage(world, 'team/ghost');
  const result = await world.apply([copyStep(image)]);
  assert.deepEqual(
    result.outcomes.map(({ kind, code }) => [kind, code]),
    [['failed', 'APPLY_NOT_THERE_AFTER_COPY']],
  );
  assert.match(result.outcomes[0]?.message ?? '', /Nothing of it is visible at the destination/);
  assert.equal(result.stepsDone, 0);
  assert.equal(await world.look('team/ghost', image.digest), null);
});

test('applyPlan counts a copy as done that skopeo calls failed, where HEAD finds it', async () => {
  await startBehindProxy(({ method, url }) =>
    method === 'PUT' && url.includes('/manifests/') ? { kind: 'truncate', bytes: 0 } : null,
  );
  const image = await stage(world, 'team/late');
  const result = await world.apply([copyStep(image)]);
  assert.deepEqual(kinds(result.outcomes), ['copied']);
});

test('applyPlan does not try a read-only registry twice, and says so', async () => {
  world = await startWorld({ production: { readOnly: true } });
  const image = await stage(world, 'team/readonly');
  const result = await world.apply([copyStep(image)]);
  assert.deepEqual(
    result.outcomes.map(({ kind, code }) => [kind, code]),
    [['failed', 'APPLY_COPY_FAILED']],
  );
  assert.match(
    result.outcomes[0]?.message ?? '',
    /failed at the destination: .*Method not allowed.* write policy/i,
  );
  assert.equal(world.copier.requests.length, 1);
});

test('applyPlan does not try again where the account may only read', async () => {
  await startBehindProxy(({ method }) =>
    method === 'POST'
      ? { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
      : null,
  );
  const image = await stage(world, 'team/forbidden');
  const result = await world.apply([copyStep(image)]);
  assert.deepEqual(kinds(result.outcomes), ['failed']);
  assert.match(result.outcomes[0]?.message ?? '', /failed at the destination.*Log in/);
  assert.equal(world.copier.requests.length, 1);
});

const LOCKED_DOWN: WorldOptions = {
  production: { htpasswd: { user: DEMO_USER, password: DEMO_PASSWORD } },
};

async function writeAuthFile(file: string, password: string): Promise<string> {
  const auth = Buffer.from(`${DEMO_USER}:${password}`).toString('base64');
  await writeFile(file, JSON.stringify({ auths: { [world.productionHost]: { auth } } }));
  return auth;
}

test('applyPlan runs no skopeo where a wrong password leaves unknown what production holds', async () => {
  const password = 'not-the-demo-secret';
  const authFile = join(tmpdir(), `olmirror-auth-${process.pid}.json`);
  world = await startWorld({ ...LOCKED_DOWN, productionAccess: { authFile } });
  const auth = await writeAuthFile(authFile, password);
  const image = await stage(world, 'team/secret');
  const result = await world.apply([copyStep(image)]);
  await rm(authFile);
  assert.deepEqual(
    result.outcomes.map(({ kind, code }) => [kind, code]),
    [['failed', 'REGISTRY_UNAUTHORIZED']],
  );
  assert.equal(world.copier.requests.length, 0);
  const journal = await readFile(join(world.stateFolder, 'journal.jsonl'), 'utf8');
  for (const text of [journal, JSON.stringify(result), JSON.stringify(world.events)]) {
    assert.ok(!text.includes(password) && !text.includes(auth));
  }
});

test('applyPlan copies with the auth file that the manifest names', async () => {
  const authFile = join(tmpdir(), `olmirror-auth-${process.pid}.json`);
  world = await startWorld({ ...LOCKED_DOWN, productionAccess: { authFile } });
  await writeAuthFile(authFile, DEMO_PASSWORD);
  const image = await stage(world, 'team/login');
  const result = await world.apply([copyStep(image)]);
  await rm(authFile);
  assert.deepEqual(kinds(result.outcomes), ['copied']);
});

test('applyPlan tries again after a 500 and tells of it', async () => {
  let faults = 1;
  await startBehindProxy(({ method }) => {
    if (method !== 'POST' || faults === 0) return null;
    faults -= 1;
    return { kind: 'status', status: 500 };
  });
  const image = await stage(world, 'team/flaky');
  const result = await world.apply([copyStep(image)]);
  assert.deepEqual(kinds(result.outcomes), ['copied']);
  assert.deepEqual(
    world.events.flatMap((event) =>
      event.kind === 'step-retry' ? [[event.attempt, event.delayMilliseconds]] : [],
    ),
    [[2, 10]],
  );
});

test('applyPlan waits as long as a registry asks with 429', async () => {
  let faults = 1;
  await startBehindProxy(({ method }) => {
    if (method !== 'HEAD' || faults === 0) return null;
    faults -= 1;
    return { kind: 'status', status: 429, headers: { 'retry-after': '1' } };
  });
  const image = await stage(world, 'team/limited');
  const result = await world.apply([copyStep(image)]);
  assert.deepEqual(kinds(result.outcomes), ['copied']);
  assert.deepEqual(
    world.events.flatMap((event) => (event.kind === 'step-retry' ? [event.delayMilliseconds] : [])),
    [1000],
  );
});

for (const [name, limits] of [
  ['takes too long', { timeoutMilliseconds: 400 }],
  ['says nothing too long', { idleMilliseconds: 400 }],
] as const) {
  test(`applyPlan stops a copy that ${name}`, async () => {
    await startBehindProxy(({ method }) => (method === 'POST' ? { kind: 'hang' } : null), {
      ...limits,
      deps: { retry: { attempts: 1 } },
    });
    const image = await stage(world, 'team/hang');
    const result = await world.apply([copyStep(image)]);
    assert.deepEqual(
      result.outcomes.map(({ kind, code }) => [kind, code]),
      [['failed', 'APPLY_COPY_TIMEOUT']],
    );
  });
}

// Seen to fail: with explainFailure giving the failure as it is, the outcome was APPLY_COPY_TIMEOUT.
test('applyPlan says that a registry asks to be left alone, where skopeo waits for it in silence until it is stopped', async () => {
  let writing = false;
  await startBehindProxy(
    ({ method }) => {
      writing ||= method === 'POST';
      return writing ? { kind: 'status', status: 429, headers: { 'retry-after': '900' } } : null;
    },
    { timeoutMilliseconds: 1_500, deps: { retry: { attempts: 1 } } },
  );
  const image = await stage(world, 'team/patient');
  const { outcomes } = await world.apply([copyStep(image)]);
  assert.deepEqual(
    outcomes.map(({ kind, code }) => [kind, code]),
    [['failed', 'REGISTRY_RATE_LIMITED']],
  );
  assert.match(
    outcomes[0]?.message ?? '',
    /took too long and was stopped\..* refuses more requests for now \(429\)\./,
  );
});

test('applyPlan finishes a half-copied index on a registry that lets nothing be written twice', async () => {
  let broken = true;
  await startBehindProxy(
    ({ method, url }) =>
      broken && method === 'PUT' && /manifests\/sha256-/.test(url)
        ? { kind: 'status', status: 400 }
        : null,
    { writeOnce: 'all' },
  );
  const image = await stage(world, 'team/once', ['linux/amd64', 'linux/arm64']);
  const first = await world.apply([copyStep(image)]);
  assert.deepEqual(kinds(first.outcomes), ['failed']);
  broken = false;
  const second = await world.apply([copyStep(image)]);
  assert.deepEqual(kinds(second.outcomes), ['copied']);
  assert.equal(await world.look('team/once', protectTagOf(image.digest)), image.digest);
  assert.deepEqual(world.copier.requests.at(-1)?.multiArch, 'index-only');
});

// Promise 6 in closure: seen to fail with `unknown` filtered like `present` in check-closure.ts.
test('applyPlan moves no tag while it is unknown whether an image of the index is there', async () => {
  await startBehindProxy(({ url }) => (url.includes('team/unclear') ? { kind: 'html' } : null));
  const built = await buildSmallIndex({ content: 'unclear' });
  const closure = [
    { repository: 'team/unclear', reference: digestOf('x'), label: 'unclear of b.v1' },
  ];
  const result = await world.apply(publishSteps(built, null), {
    buildIndex: () => Promise.resolve(built),
    closure: () => closure,
  });
  assert.deepEqual(
    result.outcomes.map(({ kind, code }) => [kind, code]),
    [['failed', 'APPLY_CLOSURE']],
  );
  assert.equal(await world.look(REPOSITORY, 'v4.20'), null);
});

test('applyPlan fails one copy whose source is truncated, and carries out the others', async () => {
  world = await startWorld({
    stagingHost: async (target) => {
      proxy = await startFaultProxy({
        target,
        rules: ({ url, method }) =>
          method === 'GET' && url.includes('team/cut/blobs')
            ? { kind: 'truncate', bytes: 20 }
            : null,
      });
      return proxy.host;
    },
  });
  const [cut, whole] = [await stage(world, 'team/cut'), await stage(world, 'team/whole')];
  const result = await world.apply([copyStep(cut), copyStep(whole)]);
  assert.deepEqual(kinds(result.outcomes), ['failed', 'copied']);
  assert.equal(await world.look('team/cut', cut.digest), null);
});
