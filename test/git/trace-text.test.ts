import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openGitRepository } from '../../src/git/git-repository.ts';
import type { TracedText } from '../../src/git/port.ts';
import { GIT_ENVIRONMENT, git, openRealWorld } from './worlds.ts';

const DIGEST = `@sha256:${'a'.repeat(64)}`;

// Seen to fail: without looking before the oldest commit, a second mention passed for the first.
test('traceText says so where the first commit lies further back than it looks', async (t) => {
  const world = await openRealWorld();
  t.after(() => world.close());
  await world.write('c/x', `q/a${DIGEST}\n`);
  await world.commit('First');
  await world.write('c/x', `q/a${DIGEST}\nq/a${DIGEST}\n`);
  const second = await world.commit('Second');
  await world.write('c/x', `q/a${DIGEST}\nq/a${DIGEST}\nq/b:1\n`);
  const third = await world.commit('Third');
  const query = { revision: 'HEAD', paths: ['c'], mostCommits: 2 };
  const old = await world.git.traceText({ ...query, text: DIGEST });
  assert.deepEqual(
    [old.files, old.first, old.last?.revision, old.message],
    [['c/x'], null, second, 'it is older than the last 2 commits that touch these files'],
  );
  const young = await world.git.traceText({ ...query, text: 'q/b:1' });
  assert.equal(young.first?.revision, third);
});

// Seen to fail: without asking whether the clone is shallow.
test('traceText says where the end of a shallow clone hides older commits', async (t) => {
  const world = await openRealWorld();
  t.after(() => world.close());
  await world.write('c/x', `q/a${DIGEST}\n`);
  await world.commit('First');
  await world.write('c/y', 'q/b:1\n');
  const second = await world.commit('Second');
  await world.write('c/y', 'q/b:2\n');
  const third = await world.commit('Third');
  const cut = join(world.top, '../shallow');
  git(world.top, 'clone', '--quiet', '--depth=2', `file://${world.top}`, cut);
  const shallow = await openGitRepository(cut, { environment: GIT_ENVIRONMENT });
  async function trace(text: string): Promise<readonly unknown[]> {
    const traced = await shallow.traceText({ revision: 'HEAD', text, paths: ['c'] });
    return [traced.first?.revision, traced.last?.revision, traced.message];
  }
  const note = 'this clone is shallow, so it may be older';
  assert.deepEqual(await trace(DIGEST), [second, second, note]);
  assert.deepEqual(await trace('q/b:2'), [third, third, null]);
  assert.deepEqual(await trace('q/b:1'), [second, third, note]);
  assert.deepEqual(await trace('q/none:1'), [undefined, undefined, note]);
});

// Seen to fail: with merges left out, what only the merge itself brought was in no commit; with
// merges held against their first parent only, the merge passed for what took the text out.
test('traceText finds what came or went with a merge, in the branch or in the merge itself', async (t) => {
  const world = await openRealWorld();
  t.after(() => world.close());
  await world.write('c/x', 'q/old:1\n');
  await world.commit('First');
  git(world.top, 'checkout', '--quiet', '-b', 'delivery');
  await world.write('c/y', `q/a${DIGEST}\n`);
  await world.remove('c/x');
  const branch = await world.commit('Delivery');
  git(world.top, 'checkout', '--quiet', 'main');
  await world.write('c/z', 'two\n');
  await world.commit('Other work');
  git(world.top, 'merge', '--quiet', '--no-ff', '--no-commit', 'delivery');
  await world.write('c/w', 'q/merge:1\n');
  const merge = await world.commit('Merge');
  function trace(text: string): Promise<TracedText> {
    return world.git.traceText({ revision: 'HEAD', text, paths: ['c'] });
  }
  assert.equal((await trace(DIGEST)).first?.revision, branch);
  assert.equal((await trace('q/merge:1')).first?.revision, merge);
  const gone = await trace('q/old:1');
  assert.deepEqual([gone.files, gone.last?.revision], [[], branch]);
});
