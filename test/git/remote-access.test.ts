import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { makeCertificate } from '../../scripts/lib/make-certificate.ts';
import type { ErrorCode } from '../../src/base/error-codes.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { openMirrorClone } from '../../src/git/mirror-clone.ts';
import type { GitPort, RemoteAccess } from '../../src/git/port.ts';
import { PLAIN_ACCESS } from '../../src/git/remote-access.ts';
import { startGitServer } from '../support/git-server.ts';
import { waitFor } from '../support/wait-for.ts';
import { GIT_ENVIRONMENT, git, makeTemporaryFolder, writeAt } from './worlds.ts';

interface World {
  readonly folder: string;
  readonly commit: string;
  open(url: string, access?: Partial<RemoteAccess>, env?: Record<string, string>): Promise<GitPort>;
}

/** `repos/state.git` with one commit on `main`. */
function createWorld(t: TestContext): World {
  const folder = makeTemporaryFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const author = join(folder, 'author');
  mkdirSync(author);
  git(author, 'init', '--quiet', '--initial-branch=main');
  writeAt(author, 'file', 'one');
  git(author, 'add', '--all');
  git(author, 'commit', '--quiet', '-m', 'one');
  git(folder, 'clone', '--quiet', '--bare', author, join(folder, 'repos/state.git'));
  let clones = 0;
  return {
    folder,
    commit: git(author, 'rev-parse', 'HEAD'),
    open(url, access = {}, env = {}) {
      clones += 1;
      return openMirrorClone({
        url,
        ref: 'main',
        folder: join(folder, `clone-${clones}`),
        environment: { ...GIT_ENVIRONMENT, ...env },
        access: { ...PLAIN_ACCESS, timeoutMilliseconds: 20_000, ...access },
      });
    },
  };
}

function refuses(code: ErrorCode, hint: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isToolError(error), inspect(error));
    assert.deepEqual([error.code, error.disposition], [code, 'retry'], error.message);
    assert.match(error.hint ?? '', hint);
    return true;
  };
}

// Seen to fail: with the token read once when the clone is opened.
test('a token file is read at every fetch, so that a rotated token works, and is found nowhere afterwards', async (t) => {
  const world = createWorld(t);
  const server = await startGitServer(t, join(world.folder, 'repos'));
  const tokenFile = join(world.folder, 'token');
  const url = `${server.url}state.git`;
  const port = await world.open(url, { tokenFile });
  server.letIn('x-access-token:first-secret');
  await assert.rejects(
    port.fetchRevision(url, 'main'),
    refuses('GIT_BAD_CREDENTIALS', /read anew/),
  );
  writeFileSync(tokenFile, 'first-secret\r\n');
  assert.equal(await port.fetchRevision(url, 'main'), world.commit);
  server.letIn('x-access-token:second:secret');
  await assert.rejects(port.fetchRevision(url, 'main'), (error) => {
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /first-secret/);
    return refuses('GIT_UNAUTHORIZED', /--git-token-file/)(error);
  });
  writeFileSync(tokenFile, 'x-access-token:second:secret');
  assert.equal(await port.fetchRevision(url, 'main'), world.commit);
  server.letIn('robot:third-secret');
  writeFileSync(tokenFile, 'third-secret\n');
  assert.equal(await port.fetchRevision(url.replace('//', '//robot@'), 'main'), world.commit);
  writeFileSync(tokenFile, '\n');
  await assert.rejects(port.fetchRevision(url, 'main'), refuses('GIT_BAD_CREDENTIALS', /Correct/));
  for (const secret of ['first-secret', 'second:secret', 'third-secret'])
    assert.throws(() => git(world.folder, 'grep', '--no-index', '-e', secret, '--', 'clone-1'), {
      status: 1,
    });
});

// Seen to fail: with the helper for every host instead of the remote's own.
test('a token is not given to another host that the Git server leads to', async (t) => {
  const world = createWorld(t);
  const seen: string[] = [];
  const thief = createServer((request, response) => {
    seen.push(request.headers.authorization ?? 'none');
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  });
  const thiefPort = await listen(t, thief);
  const leading = createServer((request, response) => {
    response.writeHead(302, { location: `http://localhost:${thiefPort}${request.url}` }).end();
  });
  const url = `http://127.0.0.1:${await listen(t, leading)}/state.git`;
  const tokenFile = join(world.folder, 'token');
  writeFileSync(tokenFile, 'my-secret');
  const port = await world.open(url, { tokenFile });
  await assert.rejects(port.fetchRevision(url, 'main'), refuses('GIT_UNAUTHORIZED', /refused/));
  assert.deepEqual([...new Set(seen)], ['none']);
});

test('no token stands among the arguments of a process while a server hangs, and the time limit cuts it off', async (t) => {
  const world = createWorld(t);
  let asked = false;
  const hanging = createTcpServer((socket) => {
    asked = true;
    socket.on('error', () => undefined);
    t.after(() => socket.destroy());
  });
  await new Promise<void>((done) => hanging.listen(0, '127.0.0.1', done));
  t.after(() => hanging.close());
  const address = hanging.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/state.git`;
  const tokenFile = join(world.folder, 'token');
  writeFileSync(tokenFile, 'my-secret');
  const clone = await world.open(url, { tokenFile, timeoutMilliseconds: 2_000 });
  const started = Date.now();
  const fetching = assert.rejects(
    clone.fetchRevision(url, 'main'),
    refuses('GIT_TIMEOUT', /Git server/),
  );
  await waitFor('the question', async () => asked);
  assert.doesNotMatch(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }), /my-secret/);
  await fetching;
  assert.ok(Date.now() - started < 15_000);
});

test('a server with a certificate of the site is trusted by its file alone', async (t) => {
  const world = createWorld(t);
  const made = makeCertificate({
    folder: join(world.folder, 'tls'),
    name: 'IP:127.0.0.1',
    commonName: 'git',
  });
  const tls = { cert: readFileSync(made.certFile), key: readFileSync(made.keyFile) };
  const server = await startGitServer(t, join(world.folder, 'repos'), tls);
  const url = `${server.url}state.git`;
  const plain = await world.open(url);
  await assert.rejects(
    plain.fetchRevision(url, 'main'),
    refuses('GIT_UNTRUSTED_HOST', /--git-ca-file/),
  );
  const port = await world.open(url, { caFile: made.certFile });
  assert.equal(await port.fetchRevision(url, 'main'), world.commit);
  const without = await world.open(url, { caFile: join(world.folder, 'none') });
  await assert.rejects(
    without.fetchRevision(url, 'main'),
    refuses('GIT_BAD_CREDENTIALS', /read anew/),
  );
});

test('a Git server that is away, or has no such repository, is told from one that refuses', async (t) => {
  const world = createWorld(t);
  const server = await startGitServer(t, join(world.folder, 'repos'));
  for (const url of [
    'http://127.0.0.1:1/state.git',
    `${server.url}none.git`,
    'git://127.0.0.1:1/x',
  ])
    await assert.rejects(
      (await world.open(url)).fetchRevision(url, 'main'),
      refuses('GIT_UNREACHABLE', /Git server/),
      url,
    );
});

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));
const NO_SSHD = SSHD === undefined ? 'sshd is not installed' : false;

// Seen to fail: without StrictHostKeyChecking the unknown host key was taken.
test('a remote over SSH is reached with the given key, and only where its host key is known', {
  skip: NO_SSHD,
}, async (t) => {
  const world = createWorld(t);
  const ssh = await startSshd(t, world.folder);
  const url = `ssh://${ssh.user}@127.0.0.1:${ssh.port}${join(world.folder, 'repos/state.git')}`;
  const env = { HOME: world.folder };
  const { key: sshKeyFile, knownHosts: knownHostsFile } = ssh;
  const port = await world.open(url, { sshKeyFile, knownHostsFile }, env);
  assert.equal(await port.fetchRevision(url, 'main'), world.commit);
  const empty = join(world.folder, 'no hosts 100%');
  writeFileSync(empty, '');
  const unknown = await world.open(url, { sshKeyFile, knownHostsFile: empty }, env);
  await assert.rejects(
    unknown.fetchRevision(url, 'main'),
    refuses('GIT_UNTRUSTED_HOST', /--git-known-hosts/),
  );
  const stranger = await world.open(url, { sshKeyFile: ssh.otherKey, knownHostsFile }, env);
  await assert.rejects(
    stranger.fetchRevision(url, 'main'),
    refuses('GIT_UNAUTHORIZED', /--git-ssh-key/),
  );
  const missing = await world.open(url, { sshKeyFile: join(world.folder, 'none') }, env);
  await assert.rejects(
    missing.fetchRevision(url, 'main'),
    refuses('GIT_BAD_CREDENTIALS', /Correct the file/),
  );
});

test('who has set ssh up for git keeps that, and files that are given come on top', async (t) => {
  const world = createWorld(t);
  const log = join(world.folder, 'ssh.log');
  const stand = join(world.folder, "my ssh's");
  writeFileSync(stand, `#!/bin/sh\nprintf '%s\\n' "$@" > '${log}'\nexit 255\n`);
  chmodSync(stand, 0o755);
  const env = { GIT_SSH: stand, GIT_SSH_VARIANT: 'ssh' };
  const url = 'ssh://git@git.example.com/state.git';
  const key = join(world.folder, 'my key');
  writeFileSync(key, '');
  const plain = await world.open(url, {}, env);
  await assert.rejects(plain.fetchRevision(url, 'main'));
  assert.doesNotMatch(readFileSync(log, 'utf8'), /StrictHostKeyChecking/);
  const given = await world.open(url, { sshKeyFile: key }, env);
  await assert.rejects(given.fetchRevision(url, 'main'), refuses('GIT_UNREACHABLE', /runs/));
  const args = readFileSync(log, 'utf8').split('\n');
  for (const option of [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `IdentityFile="${key}"`,
    'IdentitiesOnly=yes',
  ])
    assert.ok(args.includes(option), option);
});

interface Sshd {
  readonly port: number;
  readonly user: string;
  readonly key: string;
  readonly otherKey: string;
  readonly knownHosts: string;
}

async function startSshd(t: TestContext, folder: string): Promise<Sshd> {
  const home = join(folder, 'ssh files');
  mkdirSync(home, { mode: 0o700 });
  for (const name of ['host', 'key', 'other'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, name)]);
  const probe = createServer();
  const port = await listen(t, probe);
  await new Promise((done) => probe.close(done));
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  writeFileSync(join(home, 'authorized'), readFileSync(join(home, 'key.pub')));
  const config = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: `"${join(home, 'host')}"`,
    AuthorizedKeysFile: `"${join(home, 'authorized')}"`,
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    StrictModes: 'no',
    PermitRootLogin: 'prohibit-password',
    UsePAM: 'no',
    PidFile: 'none',
  };
  writeFileSync(
    join(home, 'config'),
    Object.entries(config)
      .map(([k, v]) => `${k} ${v}\n`)
      .join(''),
  );
  const child = spawn(SSHD ?? '', ['-D', '-e', '-f', join(home, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => child.kill());
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  await waitFor('sshd', async () => said.includes('Server listening'));
  const [type = '', hostKey = ''] = readFileSync(join(home, 'host.pub'), 'utf8').split(' ');
  writeFileSync(join(home, 'known'), `[127.0.0.1]:${port} ${type} ${hostKey}\n`);
  const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  return {
    port,
    user,
    key: join(home, 'key'),
    otherKey: join(home, 'other'),
    knownHosts: join(home, 'known'),
  };
}

async function listen(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
