import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { isToolError } from '../../src/base/tool-error.ts';
import { openGitRepository } from '../../src/git/git-repository.ts';
import { openMirrorClone } from '../../src/git/mirror-clone.ts';
import type { GitPort } from '../../src/git/port.ts';
import { GIT_ENVIRONMENT, git, makeTemporaryFolder, writeAt } from './worlds.ts';

const environment = GIT_ENVIRONMENT;

interface Remote {
  readonly root: string;
  /** Bare repository, by path. */
  readonly remote: string;
  /** A user's clone that pushes to it. */
  readonly author: string;
  /** Commits and pushes by force; returns the commit id. */
  push(text: string, ...args: readonly string[]): string;
}

function createRemote(context: TestContext): Remote {
  const root = makeTemporaryFolder();
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const [remote, author] = [join(root, 'remote.git'), join(root, 'author')];
  git(root, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  git(root, 'init', '--quiet', '--initial-branch=main', author);
  git(author, 'remote', 'add', 'origin', remote);
  function push(text: string, ...args: readonly string[]): string {
    writeAt(author, 'file', text);
    git(author, 'add', '--all');
    git(author, 'commit', '--quiet', ...args, '-m', text);
    git(author, 'push', '--quiet', '--force', 'origin', 'HEAD:refs/heads/main');
    return git(author, 'rev-parse', 'HEAD');
  }
  return { root, remote, author, push };
}

async function openClone(
  remote: Remote,
): Promise<{ readonly clone: string; readonly port: GitPort }> {
  const clone = join(remote.root, 'clone');
  git(remote.root, 'clone', '--quiet', remote.remote, clone);
  return { clone, port: await openGitRepository(clone, { environment }) };
}

async function readText(port: GitPort, commit: string): Promise<string> {
  return Buffer.from((await (await port.openCommit(commit)).readFile('file')) ?? []).toString();
}

test('fetchRevision follows a branch, forced pushes too, and changes nothing of the user', async (context) => {
  const remote = createRemote(context);
  remote.push('one');
  const { clone, port } = await openClone(remote);
  const listRefs = ['for-each-ref', 'refs/heads', 'refs/remotes', 'refs/tags'];
  const before = git(clone, ...listRefs);
  const second = remote.push('two');
  assert.equal(await port.fetchRevision('origin', 'main'), second);
  assert.equal(await readText(port, second), 'two');
  const forced = remote.push('forced', '--amend');
  assert.notEqual(forced, second);
  assert.equal(await port.fetchRevision('origin', 'main'), forced);
  assert.equal(await port.fetchRevision(remote.remote, 'refs/heads/main'), forced);
  assert.equal(git(clone, ...listRefs), before);
  assert.equal(git(clone, 'status', '--porcelain'), '');
  assert.throws(() => readFileSync(join(clone, '.git/FETCH_HEAD')));
});

test('fetchRevision tells of another commit before it has it, and of none where there is none', async (context) => {
  const remote = createRemote(context);
  remote.push('one');
  const { clone, port } = await openClone(remote);
  await port.fetchRevision('origin', 'main');
  const second = remote.push('two');
  let told = 0;
  function onMoved(): void {
    told += 1;
    assert.throws(() => git(clone, 'cat-file', '-e', second));
  }
  assert.equal(await port.fetchRevision('origin', 'main', { onMoved }), second);
  assert.equal(await port.fetchRevision('origin', 'main', { onMoved }), second);
  assert.equal(told, 1);
});

test('fetchRevision takes tags to their commit, and a branch before a tag of its name', async (context) => {
  const remote = createRemote(context);
  const first = remote.push('one');
  git(remote.author, 'tag', '-a', '-m', 'tag', 'v1');
  git(remote.author, 'tag', 'main');
  git(remote.author, 'push', '--quiet', 'origin', 'refs/tags/v1', 'refs/tags/main');
  const second = remote.push('two');
  const { port } = await openClone(remote);
  assert.equal(await port.fetchRevision('origin', 'v1'), first);
  assert.equal(await port.fetchRevision('origin', 'main'), second);
  assert.equal(await port.fetchRevision('origin', 'refs/tags/main'), first);
});

test('fetchRevision says that a branch is not there, and takes no flags', async (context) => {
  const remote = createRemote(context);
  remote.push('one');
  const { port } = await openClone(remote);
  git(remote.author, 'push', '--quiet', 'origin', 'HEAD:other');
  await port.fetchRevision('origin', 'other');
  git(remote.author, 'push', '--quiet', 'origin', ':other');
  for (const ref of ['other', 'mai', '', '--upload-pack=x', 'a b', 'ma*', 'main..x']) {
    await assert.rejects(
      port.fetchRevision('origin', ref),
      (error) => isToolError(error, 'GIT_UNKNOWN_REVISION'),
      ref,
    );
  }
  await assert.rejects(port.fetchRevision('--upload-pack=touch x', 'main'), (error) =>
    isToolError(error, 'GIT_FAILED'),
  );
  await assert.rejects(
    port.fetchRevision(join(remote.root, 'none'), 'main'),
    (error) => isToolError(error, 'GIT_UNREACHABLE') && error.disposition === 'retry',
  );
});

test('fetchRevision sends the password of a URL, and neither stores nor prints it', async (context) => {
  const remote = createRemote(context);
  const commit = remote.push('one');
  git(remote.remote, 'update-server-info');
  const port = await serve(context, (user) => (user === 'user:p@ss/word' ? remote.remote : null));
  const url = `http://user:p%40ss%2Fword@127.0.0.1:${port}/`;
  const folder = join(remote.root, 'mirror');
  const mirror = await openMirrorClone({ url, ref: 'main', folder, environment });
  assert.equal(await mirror.fetch(), commit);
  assert.equal(await mirror.readRemoteUrl(), `http://127.0.0.1:${port}/`);
  const basic = Buffer.from('user:p@ss/word').toString('base64');
  assert.throws(
    () => git(folder, 'grep', '--no-index', '-e', 'ss/word', '-e', 'p%40ss', '-e', basic),
    {
      status: 1,
    },
  );
});

test('fetchRevision reports refused credentials without them, and asks no question', async (context) => {
  const remote = createRemote(context);
  const port = await serve(context, () => null);
  for (const url of [
    `http://user:hunter2@127.0.0.1:${port}/x?token=hunter2`,
    `http://127.0.0.1:${port}/`,
  ]) {
    const mirror = await openMirrorClone({
      url,
      ref: 'main',
      folder: join(remote.root, 'mirror'),
      environment,
    });
    await assert.rejects(mirror.fetch(), (error) => {
      assert.ok(isToolError(error, 'GIT_UNAUTHORIZED'));
      assert.match(error.hint ?? '', /refused the credentials/);
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /hunter2|aHVudGVyMg/);
      return true;
    });
  }
});

test('fetchRevision stops when the signal aborts while the server hangs', async (context) => {
  const remote = createRemote(context);
  const server = await listen(
    context,
    createServer(() => undefined),
  );
  const mirror = await openMirrorClone({
    url: `http://127.0.0.1:${server}/`,
    ref: 'main',
    folder: join(remote.root, 'mirror'),
    environment,
  });
  const started = Date.now();
  await assert.rejects(mirror.fetch(AbortSignal.timeout(300)), { name: 'TimeoutError' });
  assert.ok(Date.now() - started < 5000);
  await assert.rejects(mirror.fetch(AbortSignal.abort()), { name: 'AbortError' });
});

test('openMirrorClone keeps what it fetched for the next process, and HEAD names it', async (context) => {
  const remote = createRemote(context);
  remote.push('one');
  const options = {
    url: remote.remote,
    ref: 'main',
    folder: join(remote.root, 'state/deep/mirror'),
    environment,
  };
  const first = await openMirrorClone(options);
  await assert.rejects(first.openCommit('HEAD'), (error) => isToolError(error, 'GIT_NO_COMMIT'));
  const commit = await first.fetch();
  const again = await openMirrorClone(options);
  assert.equal(await again.resolveRevision('HEAD'), commit);
  assert.equal(await readText(again, 'HEAD'), 'one');
  const forced = remote.push('forced', '--amend');
  assert.equal(await again.fetch(), forced);
  assert.equal(await readText(again, 'HEAD'), 'forced');
});

/** Serves repositories as files to whom `choose` lets in. */
function serve(context: TestContext, choose: (user: string) => string | null): Promise<number> {
  const server = createServer((request, response) => {
    const user = Buffer.from(
      (request.headers.authorization ?? '').replace('Basic ', ''),
      'base64',
    ).toString();
    const folder = choose(user);
    if (folder === null)
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    try {
      return response.end(
        readFileSync(join(folder, new URL(request.url ?? '', 'http://x').pathname)),
      );
    } catch {
      return response.writeHead(404).end();
    }
  });
  return listen(context, server);
}

async function listen(context: TestContext, server: Server): Promise<number> {
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
