import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { openProposalDesk } from '../../src/git/proposal-desk.ts';
import type { Proposal, ProposalDesk, ProposalMessage } from '../../src/git/proposal-types.ts';
import { PLAIN_ACCESS } from '../../src/git/remote-access.ts';
import { GIT_ENVIRONMENT, git, makeTemporaryFolder, writeAt } from './worlds.ts';

const BRANCH = 'robot/idx';
const MESSAGE: ProposalMessage = { text: 'Take it', trailers: ['Key: value'], author: null };
const { GIT_COMMITTER_NAME: _name, GIT_COMMITTER_EMAIL: _email, ...UNNAMED } = GIT_ENVIRONMENT;

interface World {
  readonly folder: string;
  /** The clone of whoever runs it. */
  readonly clone: string;
  readonly bare: string;
  readonly desk: ProposalDesk;
  open(options?: { readonly remote?: string | null; readonly afresh?: boolean }): Promise<Proposal>;
  /** A commit of a person at the remote. */
  push(branch: string, path: string, text: string): string;
}

function createWorld(t: TestContext, ...cloneOptions: readonly string[]): World {
  const folder = makeTemporaryFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [author, bare, clone] = ['author', 'bare.git', 'clone'].map((name) => join(folder, name));
  assert.ok(author !== undefined && bare !== undefined && clone !== undefined);
  mkdirSync(author);
  git(author, 'init', '--quiet', '--initial-branch=main');
  for (const [path, text] of [
    ['state/a', '1'],
    ['state/b', '1'],
    ['other/c', '1'],
  ] as const)
    writeAt(author, path, text);
  git(author, 'add', '--all');
  git(author, 'commit', '--quiet', '-m', 'one');
  writeAt(author, 'state/a', '2');
  git(author, 'commit', '--quiet', '-am', 'two');
  git(folder, 'clone', '--quiet', '--bare', author, bare);
  git(folder, 'clone', '--quiet', ...cloneOptions, `file://${bare}`, clone);
  git(author, 'remote', 'add', 'origin', bare);
  const desk = openProposalDesk(join(clone, 'state'), {
    environment: UNNAMED,
    access: { ...PLAIN_ACCESS, timeoutMilliseconds: 20_000 },
  });
  let count = 0;
  return {
    folder,
    clone,
    bare,
    desk,
    async open({ remote = 'origin', afresh = false } = {}) {
      count += 1;
      const base = await desk.findBase(remote, null);
      const start = await desk.findBranch({ remote, branch: BRANCH, base });
      return desk.open(start, { folder: join(folder, `tree-${count}`), afresh });
    },
    push(branch, path, text) {
      git(author, 'fetch', '--quiet', 'origin');
      git(author, 'checkout', '--quiet', '-B', branch, `origin/${branch}`);
      writeAt(author, path, text);
      git(author, 'add', '--all');
      git(author, 'commit', '--quiet', '-m', `${path} ${text}`);
      git(author, 'push', '--quiet', 'origin', branch);
      return git(author, 'rev-parse', 'HEAD');
    },
  };
}

async function send(proposal: Proposal): Promise<string> {
  const { kind, revision } = await proposal.commit(MESSAGE);
  assert.equal(kind, 'new');
  await proposal.send(revision);
  return revision;
}

// Guards against: without `core.sparseCheckout=false` the file b was gone; without `core.hooksPath` the hook's file was there;
// without `--force` the ignored file was left out.
test('a branch has all files, whatever the clone shows, and no hook of the clone runs', async (t) => {
  const world = createWorld(t);
  git(world.clone, 'sparse-checkout', 'set', '--no-cone', '/state/a');
  const ran = join(world.folder, 'ran');
  for (const hook of ['post-checkout', 'pre-commit', 'pre-push'])
    writeFileSync(join(world.clone, '.git/hooks', hook), `#!/bin/sh\ntouch ${ran}\nexit 1\n`, {
      mode: 0o755,
    });
  writeFileSync(join(world.clone, '.git/info/exclude'), 'vendor/\n');
  const proposal = await world.open();
  writeAt(proposal.git.folder, 'vendor/x', 'new');
  const revision = await send(proposal);
  assert.equal(git(world.bare, 'rev-parse', BRANCH), revision);
  assert.deepEqual(git(world.bare, 'ls-tree', '-r', '--name-only', BRANCH).split('\n'), [
    'other/c',
    'state/a',
    'state/b',
    'state/vendor/x',
  ]);
  assert.ok(!existsSync(ran));
  assert.equal(git(world.clone, 'status', '--porcelain'), '');
  await world.desk.remove(join(world.folder, 'tree-1'));
  assert.equal(git(world.clone, 'worktree', 'list').split('\n').length, 1);
});

test('what both sides changed is named, wherever it lies, and stays as the base has it', async (t) => {
  const world = createWorld(t);
  const first = await world.open();
  for (const path of ['a', 'b', '../other/c']) writeAt(first.git.folder, path, 'branch');
  await send(first);
  world.push('main', 'state/a', 'main');
  const base = world.push('main', 'other/c', 'main');
  const second = await world.open();
  assert.deepEqual(second.conflicts.toSorted(), ['../other/c', 'a']);
  await second.settle();
  const joined = await send(second);
  assert.equal(git(world.bare, 'log', '-1', '--format=%P', joined).split(' ')[1], base);
  const texts = ['state/a', 'state/b', 'other/c'].map((path) =>
    git(world.bare, 'show', `${joined}:${path}`),
  );
  assert.deepEqual(texts, ['main', 'branch', 'main']);
});

// Guards against: without `--unshallow` the branch had no commit in common with its base.
test('a clone of one commit is enough, as CI makes it', async (t) => {
  const world = createWorld(t, '--depth', '1');
  await send(await fill(world, 'x'));
  world.push('main', 'state/b', 'newer');
  git(world.folder, 'clone', '--quiet', '--depth', '1', `file://${world.bare}`, 'ci');
  const desk = openProposalDesk(join(world.folder, 'ci/state'), { environment: UNNAMED });
  const base = await desk.findBase('origin', null);
  const start = await desk.findBranch({ remote: 'origin', branch: BRANCH, base });
  assert.equal(start.isOwn, true);
  const proposal = await desk.open(start, { folder: join(world.folder, 'ci-tree'), afresh: false });
  assert.deepEqual(proposal.conflicts, []);
  writeAt(proposal.git.folder, 'y', 'new');
  const revision = await send(proposal);
  assert.equal(git(world.bare, 'show', `${revision}:state/b`), 'newer');
  assert.equal(git(world.bare, 'show', `${revision}:state/x`), 'new');
});

async function fill(world: World, path: string): Promise<Proposal> {
  const proposal = await world.open();
  writeAt(proposal.git.folder, path, 'new');
  return proposal;
}

// Guards against: with `--force` in place of the lease the person's commit was gone.
test("a branch that moved meanwhile is not overwritten, and commits of people are told from the robot's", async (t) => {
  const world = createWorld(t);
  await send(await fill(world, 'x'));
  const late = await fill(world, 'y');
  const theirs = world.push(BRANCH, 'state/z', 'of a person');
  const { revision } = await late.commit(MESSAGE);
  await assert.rejects(
    late.send(revision),
    (error) =>
      isToolError(error, 'GIT_PUSH_REFUSED') &&
      /changed while this ran \(stale info\)/.test(error.message),
  );
  assert.equal(git(world.bare, 'rev-parse', BRANCH), theirs);
  const base = await world.desk.findBase('origin', null);
  const start = await world.desk.findBranch({ remote: 'origin', branch: BRANCH, base });
  assert.equal(start.isOwn, false);
  const next = await fill(world, 'y');
  assert.equal(git(world.bare, 'show', `${await send(next)}:state/z`), 'of a person');
});

test('without a remote the branch is one of the clone, never the one that is checked out', async (t) => {
  const world = createWorld(t);
  const proposal = await world.open({ remote: null });
  writeAt(proposal.git.folder, 'x', 'new');
  const revision = await send(proposal);
  assert.equal(git(world.clone, 'rev-parse', BRANCH), revision);
  assert.equal((await (await world.open({ remote: null })).commit(MESSAGE)).kind, 'same');
  git(world.clone, 'checkout', '--quiet', BRANCH);
  const base = await world.desk.findBase(null, 'main');
  for (const [branch, code] of [
    [BRANCH, 'GIT_FAILED'],
    ['main', 'CLI_USAGE'],
    ['a..b', 'CLI_USAGE'],
  ] as const)
    await assert.rejects(world.desk.findBranch({ remote: null, branch, base }), (error) =>
      isToolError(error, code),
    );
});

test('commits are signed where git is set up so', async (t) => {
  const world = createWorld(t);
  const key = join(world.folder, 'key');
  const { execFileSync } = await import('node:child_process');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  git(world.clone, 'config', 'gpg.format', 'ssh');
  git(world.clone, 'config', 'user.signingKey', key);
  git(world.clone, 'config', 'commit.gpgSign', 'true');
  const revision = await send(await fill(world, 'x'));
  assert.match(
    git(world.bare, 'cat-file', '-p', revision),
    /\ngpgsig -----BEGIN SSH SIGNATURE-----/,
  );
});
