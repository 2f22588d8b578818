import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { DEMO_PASSWORD, DEMO_USER, startRegistry } from '../../scripts/lib/start-registry.ts';
import { collect, createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';
import { createTokenSite, IDENTITY_TOKEN } from '../support/token-site.ts';

const SECRETS = [
  DEMO_PASSWORD,
  Buffer.from(`${DEMO_USER}:${DEMO_PASSWORD}`).toString('base64'),
  IDENTITY_TOKEN,
];

function expectNoSecret(text: string, where: string): void {
  for (const secret of SECRETS)
    assert.ok(!text.includes(secret), `${where} holds ${secret}:\n${text}`);
}

interface ProcessWatch {
  /** Arguments of every process. */
  readonly seen: ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Looks again and again at what `ps` would show of a process and those below it. */
function watchProcesses(root: number): ProcessWatch {
  const seen = new Set<string>();
  const stop = new AbortController();
  async function look(): Promise<void> {
    while (!stop.signal.aborted) {
      for (const pid of [root, ...listDescendants(root)]) {
        const line = readArguments(pid);
        if (line !== '') seen.add(line);
      }
      await sleep(3);
    }
  }
  const looking = look();
  return {
    seen,
    async stop() {
      stop.abort();
      await looking;
    },
  };
}

function listDescendants(pid: number): readonly number[] {
  const children = readOrEmpty(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.map(Number).flatMap((child) => [child, ...listDescendants(child)]);
}

function readArguments(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function expectNoSecretBelow(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  assert.ok(files.length > 0, `${folder} is empty`);
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    expectNoSecret(await readFile(path, 'latin1'), path);
  }
}

async function deliverA(site: Site): Promise<void> {
  const a = await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.staging.host, { a });
  assert.equal((await site.olmirror(['merge'])).code, 0);
}

// Promise 11. Seen to fail: with `--dest-creds` in place of `--dest-authfile` in skopeo-arguments.ts, ps showed
// the password; with the password put into the message of a failed copy, the output did.
test('the password of the auth file stands in no argument, output, plan, report and journal', async (t) => {
  const site = await createSite(t);
  const locked = await startRegistry({
    folder: join(site.folder, 'locked'),
    htpasswd: { user: DEMO_USER, password: DEMO_PASSWORD },
  });
  t.after(() => locked.stop());
  let refusing = false;
  const proxy = await startFaultProxy({
    target: locked.host,
    rules: ({ method }) => {
      if (method !== 'PATCH' && method !== 'PUT') return null;
      return refusing ? { kind: 'status', status: 403 } : { kind: 'delay', milliseconds: 60 };
    },
  });
  t.after(() => proxy.stop());
  const authFile = join(site.folder, 'auth.json');
  await writeFile(authFile, JSON.stringify({ auths: { [proxy.host]: { auth: SECRETS[1] } } }));
  await site.writeManifest({ production: `${proxy.host}", authFile: "${authFile}` });
  await deliverA(site);
  await site.commit('delivery');
  const saved = join(site.folder, 'plan.json');
  assert.equal((await site.olmirror(['plan', '--out', saved])).code, 2);
  expectNoSecret(await readFile(saved, 'utf8'), 'the saved plan');
  for (const [refuses, code] of [
    [true, 1],
    [false, 0],
  ] as const) {
    refusing = refuses;
    const running = site.start(['apply', '--verbose', '--format', 'json']);
    const watch = watchProcesses(running.pid ?? 0);
    const { stdout, stderr, code: ended } = await collect(running);
    await watch.stop();
    assert.equal(ended, code, stdout + stderr);
    expectNoSecret(stdout + stderr, 'the output');
    assert.ok(
      [...watch.seen].some((line) => line.includes(' copy ')),
      'skopeo was seen',
    );
    for (const line of watch.seen) expectNoSecret(line, 'ps');
  }
  await expectNoSecretBelow(join(site.folder, 'xdg-state'));
});

// Promise 11. Seen to fail: with the body of the token service's answer in the message of its refusal.
test('an identity token and the password of a proxy stand in no argument, output, plan, report and journal', async (t) => {
  const site = await createTokenSite(t);
  const proxy = `http://${DEMO_USER}:${DEMO_PASSWORD}@127.0.0.1:9`;
  const env = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
  const saved = join(site.folder, 'plan.json');
  assert.equal((await site.olmirror(['plan', '--out', saved], { env })).code, 2);
  expectNoSecret(await readFile(saved, 'utf8'), 'the saved plan');
  for (const code of [0, 1]) {
    if (code === 1) site.revoke();
    const running = site.start(['apply', '--verbose', '--format', 'json'], { env });
    const watch = watchProcesses(running.pid ?? 0);
    const { stdout, stderr, code: ended } = await collect(running);
    await watch.stop();
    assert.equal(ended, code, stdout + stderr);
    expectNoSecret(stdout + stderr, 'the output');
    for (const line of watch.seen) expectNoSecret(line, 'ps');
  }
  const far = site.staging.host.replace('127.0.0.1', 'registry.invalid');
  const failed = await site.olmirror(['render', `${far}/olm/idx:v1`, '--verbose'], { env });
  assert.match(failed.stderr, /through the proxy 127\.0\.0\.1:9/);
  expectNoSecret(failed.stdout + failed.stderr, 'the output');
  await expectNoSecretBelow(join(site.folder, 'xdg-state'));
});

/** Serves a bare repository as files, to whom knows the password. */
async function serveGit(t: TestContext, folder: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Basic ${SECRETS[1]}`)
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    const file = join(folder, new URL(request.url ?? '', 'http://x').pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    return response.end(readFileSync(file));
  });
  t.after(() => server.close());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

// Promise 11. Seen to fail: with hideCredentials left out of fetch-revision.ts, ps showed the password in git's
// arguments, with hideSecrets left out of main.ts in our own; with readRemoteUrl of the mirror clone answering the
// URL as it is, the annotation of the pushed index held it.
test('the password of the remote URL stands in no log, child process, state folder and pushed index', async (t) => {
  const site = await createSite(t);
  await deliverA(site);
  await site.commit('delivery');
  const remote = join(site.folder, 'remote/state.git');
  await site.git('clone', '-q', '--bare', '.', remote);
  execFileSync('git', ['-C', remote, 'update-server-info'], { env: site.environment() });
  const host = await serveGit(t, join(site.folder, 'remote'));
  for (const [password, expected] of [
    [DEMO_PASSWORD, 'in step with Git'],
    [`${DEMO_PASSWORD}-wrong`, 'pass failed'],
  ] as const) {
    const url = `http://${DEMO_USER}:${password}@${host}/state.git`;
    const watching = site.start(['watch', '--remote', url, '--ref', 'main', '--interval', '1s']);
    t.after(() => watching.kill('SIGKILL'));
    const ended = collect(watching);
    let log = '';
    watching.stdout?.on('data', (text: string) => (log += text));
    // Until olmirror runs, the system shows what was typed.
    for (let i = 0; i < 5000 && readArguments(watching.pid ?? 0).includes('/olmirror.'); i += 1)
      await sleep(1);
    const watch = watchProcesses(watching.pid ?? 0);
    for (let i = 0; i < 600 && !log.includes(expected); i += 1) await sleep(50);
    watching.kill('SIGTERM');
    const { stdout, stderr } = await ended;
    await watch.stop();
    assert.match(stdout, new RegExp(expected), stdout + stderr);
    expectNoSecret(stdout + stderr, 'the log');
    for (const line of watch.seen) expectNoSecret(line, 'ps');
    const sawGit = [...watch.seen].some((line) => /git.* ls-remote/.test(line));
    assert.ok(sawGit, 'git was seen');
  }
  await expectNoSecretBelow(join(site.folder, 'xdg-state'));
  const { bytes } = await site.open(site.production).getManifest('olm/idx', 'v1');
  const manifest = Buffer.from(bytes).toString();
  assert.match(manifest, /org\.opencontainers\.image\.source/);
  expectNoSecret(manifest, 'the index');
});
