import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { openGitRepository } from '../../src/git/git-repository.ts';
import { openMirrorClone } from '../../src/git/mirror-clone.ts';
import type { GitPort } from '../../src/git/port.ts';
import { type Restoration, restoreRepository } from '../../src/git/restore-repository.ts';
import { GIT_ENVIRONMENT, git, makeTemporaryFolder, writeAt } from './worlds.ts';

const environment = GIT_ENVIRONMENT;

interface World {
  readonly root: string;
  readonly state: string;
  commit(text: string): string;
  open(folder?: string): Promise<GitPort>;
}

function createWorld(context: TestContext): World {
  const root = makeTemporaryFolder();
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const state = join(root, 'state');
  git(root, 'init', '--quiet', '--initial-branch=release/4.20', state);
  return {
    root,
    state,
    commit(text) {
      writeAt(state, 'deep/mirror.yaml', text);
      git(state, 'add', '--all');
      git(state, 'commit', '--quiet', '-m', text);
      return git(state, 'rev-parse', 'HEAD');
    },
    open: (folder = state) => openGitRepository(folder, { environment }),
  };
}

async function bundle(
  port: GitPort,
  file: string,
  range: { readonly revision: string; readonly since: string | null },
): Promise<string> {
  await port.writeBundle({ ...range, branch: 'release/4.20', file });
  return file;
}

function restore(changes: Partial<Restoration> & Pick<Restoration, 'folder'>): Promise<unknown> {
  return restoreRepository({
    bundles: [],
    revision: '',
    branch: 'release/4.20',
    shallow: [],
    others: [],
    environment,
    ...changes,
  });
}

// Seen to fail: with the folder of the repository in place of one that borrows its objects, a ref was left in it.
test('a bundle has the history of its commit and nothing else, the repository is not written to, and bundles that build on each other are restored with a clean tree', async (t) => {
  const world = createWorld(t);
  const first = world.commit('one');
  const second = world.commit('two');
  git(world.state, 'checkout', '--quiet', '-b', 'private');
  writeAt(world.state, 'secret', 'token-of-another-branch');
  git(world.state, 'add', '--all');
  git(world.state, 'commit', '--quiet', '-m', 'private');
  const secret = git(world.state, 'rev-parse', 'HEAD:secret');
  git(world.state, 'checkout', '--quiet', 'release/4.20');
  git(world.state, 'config', 'remote.origin.url', 'https://kim:password@git.example/x.git');
  const port = await world.open(join(world.state, 'deep'));
  const before = listAll(world.state);
  const history = await port.describeHistory(second);
  assert.deepEqual(history, {
    prefix: 'deep/',
    branch: 'release/4.20',
    commits: 2,
    before: [first],
    shallow: [],
  });
  const whole = await bundle(port, join(world.root, 'whole'), { revision: first, since: null });
  const thin = await bundle(port, join(world.root, 'thin'), { revision: second, since: first });
  assert.deepEqual(listAll(world.state), before);
  const folder = join(world.root, 'new/restored');
  const restored = { folder, bundles: [whole, thin], revision: second };
  assert.deepEqual(await restore({ ...restored, others: [first] }), []);
  assert.equal(git(folder, 'status', '--porcelain', '--branch'), '## release/4.20');
  assert.equal(git(folder, 'for-each-ref', '--format=%(refname)'), 'refs/heads/release/4.20');
  assert.equal(readFileSync(join(folder, 'deep/mirror.yaml'), 'utf8'), 'two');
  assert.throws(() => git(folder, 'cat-file', '-e', secret));
  assert.doesNotMatch(git(folder, 'config', '--list'), /password|remote/);
  await assert.rejects(restore(restored), (error) => isToolError(error, 'FILES_EXISTS'));
});

// Seen to fail: without the branch of the remote it was null, as HEAD of such a clone is a commit.
test('the clone that follows a remote knows the branch that it follows, and gives a bundle of it', async (t) => {
  const world = createWorld(t);
  const first = world.commit('one');
  const revision = world.commit('two');
  const clone = await openMirrorClone({
    url: `file://${world.state}`,
    ref: 'release/4.20',
    folder: join(world.root, 'clone'),
    environment,
  });
  assert.equal(await clone.fetch(), revision);
  const { branch, before, shallow } = await clone.describeHistory(revision);
  assert.deepEqual([branch, before, shallow], ['release/4.20', [first], []]);
  const file = await bundle(clone, join(world.root, 'bundle'), { revision, since: null });
  const folder = join(world.root, 'restored');
  assert.deepEqual(await restore({ folder, bundles: [file], revision, others: [first] }), []);
});

function listAll(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
}

test('a bundle that is cut, one that lacks what it builds on, and one of another commit are refused, and the folder is as it was', async (t) => {
  const world = createWorld(t);
  const first = world.commit('one');
  const second = world.commit('two');
  const port = await world.open();
  const whole = await bundle(port, join(world.root, 'whole'), { revision: first, since: null });
  const thin = await bundle(port, join(world.root, 'thin'), { revision: second, since: first });
  const cut = join(world.root, 'cut');
  writeFileSync(cut, readFileSync(whole).subarray(0, statSync(whole).size - 30));
  const folder = join(world.root, 'restored');
  for (const [bundles, revision] of [
    [[cut], first],
    [[thin], second],
    [[whole], second],
  ] as const) {
    await assert.rejects(
      restore({ folder, bundles, revision }),
      (error) => isToolError(error, 'GIT_BAD_BUNDLE'),
      bundles.join(),
    );
    assert.equal(existsSync(folder), false);
  }
});

// Seen to fail: without the list of cut-off commits git does not take the bundle.
test('the bundle of a shallow clone is restored as shallow as that, and a commit of another history is named', async (t) => {
  const world = createWorld(t);
  const first = world.commit('one');
  world.commit('two');
  world.commit('three');
  const clone = join(world.root, 'clone');
  git(world.root, 'clone', '--quiet', '--depth=2', `file://${world.state}`, clone);
  const port = await world.open(clone);
  const revision = git(clone, 'rev-parse', 'HEAD');
  const { shallow, commits } = await port.describeHistory(revision);
  assert.deepEqual([shallow.length, commits], [1, 2]);
  const file = await bundle(port, join(world.root, 'shallow'), { revision, since: null });
  const folder = join(world.root, 'restored');
  const wanted = { folder, bundles: [file], revision, shallow };
  assert.deepEqual(await restore({ ...wanted, others: [revision, first] }), [first]);
  assert.equal(existsSync(folder), false);
  assert.deepEqual(await restore(wanted), []);
  assert.equal(git(folder, 'rev-list', '--count', 'HEAD'), '2');
  assert.equal(git(folder, 'status', '--porcelain'), '');
});
