import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { openGitRepository } from '../../src/git/git-repository.ts';
import type { GitPort } from '../../src/git/port.ts';
import { GIT_ENVIRONMENT, git, makeTemporaryFolder, writeAt } from './worlds.ts';

interface World {
  readonly commits: readonly string[];
  /** Clones as CI does: this deep, and nothing but the branch. */
  clone(
    depth: number | null,
    branch?: string,
  ): Promise<{ readonly port: GitPort; readonly folder: string }>;
}

/** A remote with three commits on `main`, and a branch `work` from the second. */
function createWorld(context: TestContext): World {
  const root = makeTemporaryFolder();
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const remote = join(root, 'remote');
  git(root, 'init', '--quiet', '--initial-branch=main', remote);
  const commits = ['one', 'two', 'three'].map((text) => {
    writeAt(remote, 'file', text);
    git(remote, 'add', '--all');
    git(remote, 'commit', '--quiet', '-m', text);
    return git(remote, 'rev-parse', 'HEAD');
  });
  git(remote, 'checkout', '--quiet', '-b', 'work', 'HEAD~1');
  writeAt(remote, 'other', 'work');
  git(remote, 'add', '--all');
  git(remote, 'commit', '--quiet', '-m', 'work');
  let count = 0;
  return {
    commits,
    async clone(depth, branch = 'main') {
      count += 1;
      const folder = join(root, `clone${count}`);
      const shallow = depth === null ? [] : [`--depth=${depth}`];
      git(
        root,
        'clone',
        '--quiet',
        ...shallow,
        '--single-branch',
        `--branch=${branch}`,
        `file://${remote}`,
        folder,
      );
      return { folder, port: await openGitRepository(folder, { environment: GIT_ENVIRONMENT }) };
    },
  };
}

test('obtainRevision fetches the one commit that a shallow clone lacks, by its id or as the parent of another', async (t) => {
  const world = createWorld(t);
  const [one = '', two = '', three = ''] = world.commits;
  for (const [revision, commit] of [
    [two, two],
    ['HEAD~1', two],
    ['HEAD^', two],
    [one, one],
  ] as const) {
    const { port, folder } = await world.clone(1);
    assert.equal(await port.resolveRevision(revision), null);
    assert.deepEqual(await port.obtainRevision(revision), { revision: commit, fetched: true });
    assert.equal((await port.openCommit(commit)).revision, commit);
    assert.equal(await port.findMergeBase(three, commit), null, 'the history between is not there');
    assert.deepEqual(await port.obtainRevision(commit), { revision: commit, fetched: false });
    assert.equal(git(folder, 'status', '--porcelain'), '');
  }
});

test('obtainRevision finds the target branch that a clone has only as its remote knows it, or fetches it', async (t) => {
  const world = createWorld(t);
  const [, two = '', three = ''] = world.commits;
  const { port } = await world.clone(null, 'work');
  assert.deepEqual(await port.obtainRevision('main'), { revision: three, fetched: true });
  const head = await port.resolveRevision('HEAD');
  assert.equal(await port.findMergeBase(three, head ?? ''), two);
  const { port: both, folder } = await world.clone(null, 'work');
  git(folder, 'fetch', '--quiet', 'origin', 'main:refs/remotes/origin/main');
  assert.deepEqual(await both.obtainRevision('main'), { revision: three, fetched: false });
});

test('obtainRevision does not make a whole clone shallow, and says what to do where origin has no such commit', async (t) => {
  const world = createWorld(t);
  const { port, folder } = await world.clone(null, 'work');
  const [, , three = ''] = world.commits;
  assert.equal((await port.obtainRevision(three)).fetched, true);
  assert.equal(git(folder, 'rev-parse', '--is-shallow-repository'), 'false');
  for (const [revision, hint] of [
    ['f'.repeat(40), /git fetch --depth=1 origin f{40}/],
    ['nothing', /git fetch origin nothing.*fetch-depth: 0/],
    ['HEAD~7', /fetch-depth: 0/],
  ] as const)
    await assert.rejects(
      port.obtainRevision(revision),
      (error) => isToolError(error, 'GIT_UNKNOWN_REVISION') && hint.test(error.hint ?? ''),
      revision,
    );
});
