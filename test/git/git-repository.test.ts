import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isToolError } from '../../src/base/tool-error.ts';
import { openGitRepository } from '../../src/git/git-repository.ts';
import { GIT_ENVIRONMENT, git, makeTemporaryFolder, openRealWorld, writeAt } from './worlds.ts';

const environment = GIT_ENVIRONMENT;

function temporary(context: TestContext): string {
  const folder = makeTemporaryFolder();
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('openGitRepository says what to do where no repository is', async (context) => {
  const folder = temporary(context);
  // The temporary folder may itself lie in a repository.
  const outside = { ...environment, GIT_CEILING_DIRECTORIES: join(folder, '..') };
  await assert.rejects(
    openGitRepository(folder, { environment: outside }),
    (error) => isToolError(error, 'GIT_NOT_A_REPOSITORY') && /git init/.test(error.hint ?? ''),
  );
  await assert.rejects(
    openGitRepository(join(folder, 'none'), { environment }),
    (error) => isToolError(error, 'GIT_NOT_A_REPOSITORY') && /does not exist/.test(error.message),
  );
});

test('openGitRepository says that git is missing', async (context) => {
  const folder = temporary(context);
  git(folder, 'init', '--quiet');
  await assert.rejects(
    openGitRepository(folder, { environment: { PATH: folder } }),
    (error) => isToolError(error, 'GIT_MISSING') && /Install git/.test(error.hint ?? ''),
  );
});

test('openGitRepository does not let a hook of another repository lead it astray, nor a language or pager', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('a', '1');
  const commit = await world.commit('One');
  const other = temporary(context);
  git(other, 'init', '--quiet', '--bare');
  const astray = {
    ...environment,
    GIT_DIR: other,
    GIT_INDEX_FILE: '/nonexistent',
    LANG: 'de_DE.UTF-8',
    LANGUAGE: 'de',
    PAGER: 'false',
    EDITOR: 'false',
    GIT_SSH_COMMAND: 'ssh',
    GIT_ASKPASS: 'false',
  };
  const opened = await openGitRepository(world.top, { environment: astray });
  assert.equal(await opened.resolveRevision('HEAD'), commit);
  assert.deepEqual(await opened.listUncommitted(['']), []);
});

test('snapshots leave symlinks, submodules and other repositories out', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('catalogs/a/file', '1');
  symlinkSync('file', join(world.top, 'catalogs/a/link'));
  symlinkSync('a', join(world.top, 'catalogs/b'));
  const inner = join(world.top, 'catalogs/inner');
  mkdirSync(inner);
  git(inner, 'init', '--quiet');
  writeAt(inner, 'file', '1');
  git(inner, 'add', 'file');
  git(inner, 'commit', '--quiet', '-m', 'Inner');
  await world.commit('All');
  for (const snapshot of [await world.git.openCommit('HEAD'), await world.git.openWorkingTree()]) {
    assert.deepEqual(
      (await snapshot.listFiles('')).map((file) => file.path),
      ['catalogs/a/file'],
    );
    assert.deepEqual(await snapshot.listFiles('catalogs/b'), []);
    assert.equal(await snapshot.readFile('catalogs/a/link'), null);
    for (const [path, found] of [
      ['', ['catalogs/inner']],
      ['catalogs', ['catalogs/inner']],
      ['catalogs/inner', ['catalogs/inner']],
      ['catalogs/inner/deep/er', ['catalogs/inner']],
      ['catalogs/a', []],
      ['catalogs/in', []],
    ] as const)
      assert.deepEqual(await snapshot.listSubmodules(path), found, path);
  }
  // Not checked out, a submodule is an empty folder.
  rmSync(inner, { recursive: true });
  mkdirSync(inner);
  const working = await world.git.openWorkingTree();
  assert.deepEqual(await working.listSubmodules('catalogs'), ['catalogs/inner']);
});

test('the working tree gives the object id that git would give', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('a', 'x\n');
  const [file] = await (await world.git.openWorkingTree()).listFiles('a');
  assert.equal(file?.objectId, git(world.top, 'hash-object', 'a'));
});

test('a bare clone gives commits and no working tree', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('a b', '1');
  const commit = await world.commit('One');
  const bare = join(temporary(context), 'bare.git');
  git(world.top, 'clone', '--quiet', '--bare', world.top, bare);
  const opened = await openGitRepository(bare, { environment });
  assert.deepEqual(
    (await (await opened.openCommit(commit)).listFiles('')).map((file) => file.path),
    ['a b'],
  );
  await assert.rejects(
    opened.openWorkingTree(),
    (error) => isToolError(error, 'GIT_FAILED') && /bare/.test(error.message),
  );
});

test('resolveRevision takes branches, tags and ancestors, and never a flag', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('a', '1');
  const first = await world.commit('One');
  git(world.top, 'tag', '-a', '-m', 'tag', 'v1');
  const second = await world.commit('Two');
  for (const [revision, commit] of [
    ['main', second],
    ['v1', first],
    ['HEAD~1', first],
    ['HEAD~9', null],
    ['--all', null],
    ['', null],
    ['f'.repeat(40), null],
    ['HEAD:a', null],
    ['a b', null],
  ] as const) {
    assert.equal(await world.git.resolveRevision(revision), commit, revision);
  }
});

test('readRemoteUrl gives the URL of origin without its password', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  assert.equal(await world.git.readRemoteUrl(), null);
  for (const [url, shown] of [
    ['https://user:p%40ss@git.example.com/a/b.git', 'https://git.example.com/a/b.git'],
    ['https://tok@en@git.example.com/a', 'https://git.example.com/a'],
    ['ssh://git:secret@git.example.com/a', 'ssh://git@git.example.com/a'],
    ['ssh://git@git.example.com:22/a', 'ssh://git@git.example.com:22/a'],
    ['git@git.example.com:a/b.git', 'git@git.example.com:a/b.git'],
    ['/srv/a@b:c', '/srv/a@b:c'],
  ] as const) {
    git(world.top, 'config', 'remote.origin.url', url);
    assert.equal(await world.git.readRemoteUrl(), shown);
  }
});

test('watchHead sees a commit in a linked worktree, a packed branch and a checkout, and nothing else', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('a', '1');
  await world.commit('One');
  const linked = join(temporary(context), 'linked');
  git(world.top, 'worktree', 'add', '--quiet', '-b', 'side', linked);
  const opened = await openGitRepository(linked, { environment });
  let calls = 0;
  const stop = await opened.watchHead(() => {
    calls += 1;
  });
  async function expectCall(change: () => void): Promise<void> {
    await sleep(600);
    calls = 0;
    change();
    for (let waited = 0; waited < 5000; waited += 50) {
      if (calls > 0) return;
      await sleep(50);
    }
    assert.fail(`no call within 5 s: ${change.toString()}`);
  }
  await expectCall(() => git(linked, 'commit', '--quiet', '--allow-empty', '-m', 'Side'));
  await expectCall(() => git(linked, 'pack-refs', '--all'));
  await expectCall(() => git(linked, 'checkout', '--quiet', '--detach'));
  await sleep(1000);
  calls = 0;
  writeAt(linked, 'b', '1');
  git(linked, 'add', 'b');
  await sleep(900);
  assert.equal(calls, 0);
  await stop();
});

test('the files of a damaged repository fail with the object that is missing', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('a', '1');
  await world.commit('One');
  const snapshot = await world.git.openCommit('HEAD');
  const [file] = await snapshot.listFiles('a');
  const id = file?.objectId ?? '';
  rmSync(join(world.top, '.git/objects', id.slice(0, 2), id.slice(2)));
  await assert.rejects(
    snapshot.readFile('a'),
    (error) => isToolError(error, 'GIT_FAILED') && error.message.includes(id),
  );
});

// Seen to fail without GIT_NO_LAZY_FETCH: git asked the remote for the file.
test('openFiles takes what a partial clone has, and fetches nothing', async (context) => {
  const world = await openRealWorld();
  context.after(() => world.close());
  await world.write('a', 'old');
  const first = await world.commit('First');
  await world.write('a', 'new');
  await world.commit('Second');
  git(world.top, 'config', 'uploadpack.allowFilter', 'true');
  const clone = join(temporary(context), 'clone');
  git(world.top, 'clone', '--quiet', '--filter=blob:none', `file://${world.top}`, clone);
  const files = (await openGitRepository(clone, { environment })).openFiles(first);
  assert.deepEqual(
    (await files.listFiles('')).map(({ path }) => path),
    ['a'],
  );
  await assert.rejects(files.readFile('a'), (error) => isToolError(error, 'GIT_FAILED'));
  const objects = git(clone, 'cat-file', '--batch-all-objects', '--batch-check=%(objecttype)');
  assert.equal(objects.split('\n').filter((type) => type === 'blob').length, 1);
});
