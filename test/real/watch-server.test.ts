import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startHangingServer } from '../support/hanging-server.ts';
import {
  dribble,
  openSilent,
  postOnce,
  readMemory,
  sign,
  startWatching,
  type Watching,
} from '../support/listening.ts';
import { type CliResult, createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const SECRET = 'a long random secret';

interface Remote {
  readonly site: Site;
  readonly args: readonly string[];
  readonly secretFile: string;
  push(message: string): Promise<void>;
}

async function createRemote(t: TestContext, interval = '1h'): Promise<Remote> {
  const site = await createSite(t);
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { a });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  const remote = join(site.folder, 'remote.git');
  await site.git('clone', '-q', '--bare', '.', remote);
  const secretFile = join(site.folder, 'secret');
  await writeFile(secretFile, `${SECRET}\n`);
  return {
    site,
    secretFile,
    args: ['--remote', remote, '--ref', 'main', '--interval', interval],
    async push(message) {
      await site.git('commit', '-q', '--allow-empty', '-m', message);
      await site.git('push', '-q', remote, 'main');
    },
  };
}

async function startWithHook(t: TestContext, remote: Remote): Promise<Watching> {
  const watching = await startWatching(t, remote.site, {
    cwd: remote.site.folder,
    args: [...remote.args, '--webhook-secret-file', remote.secretFile],
  });
  await watching.logged(/"msg":"sleeps/);
  return watching;
}

const PUSH = JSON.stringify({ ref: 'refs/heads/main', after: 'f'.repeat(40) });

function post(body: string, headers: Readonly<Record<string, string>>): RequestInit {
  return { method: 'POST', body, headers };
}

function countPasses(watching: Watching): number {
  return watching.log().split('"msg":"pass (').length - 1;
}

// Guards against: with `isSame` always true the wrong ones were taken; with the check of `ref` left out a push to
// another branch was; without the first look at headers an unsigned body was read to its end.
test('watch takes signed webhooks of every forge, refuses all else before it reads it, and counts both', async (t) => {
  const remote = await createRemote(t);
  const watching = await startWithHook(t, remote);
  const hex = sign(PUSH, SECRET);
  const other = JSON.stringify({ ref: 'refs/heads/other' });
  const form = `payload=${encodeURIComponent(PUSH)}`;
  const cases: readonly (readonly [string, RequestInit, number, string])[] = [
    [
      'GitHub',
      post(PUSH, { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${hex}` }),
      202,
      'accepted',
    ],
    ['Gitea', post(PUSH, { 'x-gitea-event': 'push', 'x-gitea-signature': hex }), 202, 'accepted'],
    [
      'Forgejo',
      post(PUSH, { 'x-forgejo-event': 'push', 'x-forgejo-signature': hex }),
      202,
      'accepted',
    ],
    [
      'GitLab',
      post(PUSH, { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': SECRET }),
      202,
      'accepted',
    ],
    ['plain', post(PUSH, { 'x-signature': `sha256=${hex}` }), 202, 'accepted'],
    [
      'plain without JSON',
      post('go', { 'x-signature': `sha256=${sign('go', SECRET)}` }),
      202,
      'accepted',
    ],
    [
      'a form',
      post(form, {
        'content-type': 'application/x-www-form-urlencoded',
        'x-github-event': 'push',
        'x-hub-signature-256': `sha256=${sign(form, SECRET)}`,
      }),
      202,
      'accepted',
    ],
    [
      'a ping',
      post('{}', {
        'x-github-event': 'ping',
        'x-hub-signature-256': `sha256=${sign('{}', SECRET)}`,
      }),
      200,
      'ping',
    ],
    [
      'another branch',
      post(other, { 'x-gitea-event': 'push', 'x-gitea-signature': sign(other, SECRET) }),
      202,
      'ignored',
    ],
    [
      'another event',
      post('{}', { 'x-gitea-event': 'issues', 'x-gitea-signature': sign('{}', SECRET) }),
      202,
      'ignored',
    ],
    [
      'no JSON',
      post('{', { 'x-gitea-event': 'push', 'x-gitea-signature': sign('{', SECRET) }),
      400,
      'malformed',
    ],
    ['no signature', post(PUSH, { 'x-gitea-event': 'push' }), 401, 'unsigned'],
    [
      'a wrong one',
      post(PUSH, { 'x-gitea-signature': sign(PUSH, 'another') }),
      401,
      'wrong-signature',
    ],
    [
      'a wrong one beside a right one',
      post(PUSH, { 'x-hub-signature-256': 'sha256=00', 'x-gitea-signature': hex }),
      401,
      'wrong-signature',
    ],
    ['a wrong token', post(PUSH, { 'x-gitlab-token': 'another' }), 401, 'wrong-signature'],
    [
      'a signature of another body',
      post(other, { 'x-signature': `sha256=${hex}` }),
      401,
      'wrong-signature',
    ],
    ['a huge body', post('x'.repeat(1_000_001), { 'x-gitea-signature': hex }), 413, 'too-large'],
  ];
  for (const [name, init, status, result] of cases) {
    const answer = await watching.ask('/hook', init);
    assert.deepEqual([answer.status, JSON.parse(answer.text).result], [status, result], name);
  }
  const metrics = await watching.metrics();
  for (const wanted of new Set(cases.map(([, , , result]) => result)))
    assert.equal(
      metrics.get(`olmirror_webhook_requests_total{result="${wanted}"}`),
      cases.filter(([, , , result]) => result === wanted).length,
      wanted,
    );
  assert.equal((await watching.ask('/hook')).status, 405);
  assert.equal((await watching.ask('/')).status, 404);
  assert.equal((await watching.ask('/metrics', { method: 'POST' })).status, 405);
  assert.equal(countPasses(watching), 1, 'without another commit no webhook costs a pass');
  assert.match(watching.log(), /A webhook from 127\.0\.0\.1 had a wrong signature/);
  assert.ok(!watching.log().includes(SECRET));

  // Renewed while it runs.
  await writeFile(remote.secretFile, 'another long random secret');
  const renewed = post(PUSH, { 'x-gitlab-token': 'another long random secret' });
  assert.equal((await watching.ask('/hook', renewed)).status, 202);
  assert.equal((await watching.ask('/hook', post(PUSH, { 'x-gitea-signature': hex }))).status, 401);
  // GitLab's signing tokens.
  const key = Buffer.alloc(32, 7);
  await writeFile(remote.secretFile, `whsec_${key.toString('base64')}`);
  function signAt(seconds: number): RequestInit {
    const mac = createHmac('sha256', key).update(`id.${seconds}.${PUSH}`).digest('base64');
    return post(PUSH, {
      'x-gitlab-event': 'Push Hook',
      'webhook-id': 'id',
      'webhook-timestamp': `${seconds}`,
      'webhook-signature': `v1,${mac}`,
    });
  }
  const now = Math.floor(Date.now() / 1000);
  assert.equal((await watching.ask('/hook', signAt(now))).status, 202);
  assert.equal((await watching.ask('/hook', signAt(now - 3600))).status, 401, 'a replay');
  const { code, stderr } = await watching.stop();
  assert.deepEqual([code, stderr], [0, '']);
});

// Guards against: with a ring for each request (no `calmDown`) and a webhook that always runs a pass there were
// dozens of passes.
test('watch makes one pass of a flood of webhooks, in bounded memory', async (t) => {
  const remote = await createRemote(t);
  const watching = await startWithHook(t, remote);
  const before = await readMemory(watching.pid);
  await remote.push('another');
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  t.after(() => agent.destroy());
  const headers = { 'x-gitea-event': 'push', 'x-gitea-signature': sign(PUSH, SECRET) };
  const started = performance.now();
  const statuses = await Promise.all(
    Array.from({ length: 3000 }, () =>
      postOnce(`${watching.url}/hook`, { agent, headers, body: PUSH }),
    ),
  );
  const seconds = (performance.now() - started) / 1000;
  t.diagnostic(`3,000 webhooks in ${seconds.toFixed(1)} s`);
  assert.deepEqual(new Set(statuses), new Set([202]));
  await watching.logged(/"msg":"pass \(webhook\)/);
  await waitFor(
    'the end of the pass',
    async () => watching.log().split('"msg":"sleeps').length > 2,
  );
  // Longer than the time in which rings are put together, so that the last of them has been heard.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.equal(countPasses(watching), 2);
  const after = await readMemory(watching.pid);
  assert.ok(after - before < 100_000_000, `${after - before} bytes more than before`);
  assert.equal((await watching.stop()).code, 0);
});

// Guards against: with a requestTimeout of ten minutes the slow one was waited for.
test('watch cuts off slow clients while it serves the others', async (t) => {
  const remote = await createRemote(t);
  const watching = await startWithHook(t, remote);
  const started = performance.now();
  const slow = Array.from({ length: 20 }, () =>
    dribble(`${watching.url}/hook`, { pieces: 1000, pauseMilliseconds: 100 }),
  );
  const silent = await openSilent(watching.url);
  assert.equal((await watching.ask('/healthz')).status, 200);
  assert.deepEqual(new Set(await Promise.all(slow)), new Set(['cut off']));
  await silent.ended;
  const seconds = (performance.now() - started) / 1000;
  assert.ok(seconds < 20, `${seconds} s`);
  await waitFor(
    'the count',
    async () =>
      (await watching.metrics()).get('olmirror_webhook_requests_total{result="cut-off"}') === 20,
  );
  assert.equal((await watching.stop()).code, 0);
});

test('watch is ready after a pass that looked at everything, and healthy until something hangs', async (t) => {
  const remote = await createRemote(t, '2s');
  const hanging = await startHangingServer(t);
  const watching = await startWatching(t, remote.site, {
    cwd: remote.site.folder,
    args: [...remote.args, '--stuck-after', '4s'],
  });
  assert.equal(
    (await watching.ask('/hook', { method: 'POST' })).status,
    404,
    'no secret, no webhook',
  );
  await watching.logged(/"msg":"sleeps/);
  const ready = await watching.ask('/readyz');
  assert.deepEqual([ready.status, JSON.parse(ready.text).ok], [200, true]);
  assert.equal((await watching.ask('/healthz', { method: 'HEAD' })).status, 200);
  const metrics = await watching.metrics();
  assert.equal(metrics.get('olmirror_passes_total{reason="start",result="done"}'), 1);
  assert.equal(metrics.get('olmirror_catalog_in_sync{catalog="idx"}'), 1);
  assert.equal(metrics.get('olmirror_items{outcome="lost"}'), 0);
  const { host } = remote.site.production;
  const asked = metrics.get(`olmirror_registry_requests_total{host="${host}",code="200"}`) ?? 0;
  assert.ok(asked > 0);

  await remote.site.writeManifest({ spec: '  strategi: append' });
  await remote.site.git('add', '-A');
  await remote.push('a typo');
  await watching.logged(/waits for a new commit/);
  const stalled = await watching.ask('/readyz');
  assert.deepEqual([stalled.status, /stalled/.test(stalled.text)], [200, true]);

  await remote.site.writeManifest({ production: hanging });
  await remote.site.git('add', '-A');
  await remote.push('a registry that hangs');
  await waitFor('a hang', async () => (await watching.ask('/healthz')).status === 503);
  assert.match((await watching.ask('/healthz')).text, /no sign of life for \d+ s, in pass /);
  await watching.stop();
});

test('watch says what is wrong with --listen and with the secret before it starts', async (t) => {
  const remote = await createRemote(t);
  function run(...args: readonly string[]): Promise<CliResult> {
    return remote.site.olmirror(['watch', ...remote.args, ...args], { cwd: remote.site.folder });
  }
  const { host } = remote.site.production;
  await writeFile(remote.secretFile, 'short');
  const listen = ['--listen', '127.0.0.1:0'];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--listen', host], /Nothing can listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/],
    [['--listen', '9440'], /--listen 9440 is no address with a port/],
    [['--webhook-secret-file', 'x'], /needs --listen/],
    [[...listen, '--webhook-secret-file', 'nowhere'], /secret file nowhere cannot be read/],
    [[...listen, '--webhook-secret-file', remote.secretFile], /has 5 characters/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
  }
});
