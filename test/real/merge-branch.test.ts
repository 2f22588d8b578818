import assert from 'node:assert/strict';
import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BRANCH, type BranchSite, createBranchSite, listBundles } from '../support/branch-site.ts';
import { waitFor } from '../support/wait-for.ts';

// Guards against: with the working tree of the clone in place of one of its own, mirror.yaml was refused.
test('merge --branch --push makes a branch on the newest base, once, and leaves the clone as it is', async (t) => {
  const world = await createBranchSite(t);
  await world.deliver({ alpha: ['1.0.0'] });
  await writeFile(join(world.state, 'mirror.yaml'), 'kind: not ready yet\n');
  await writeFile(join(world.state, 'note'), 'mine');
  const person = await world.clone('main');
  await person.write('README', 'newer');
  person.push('newer');
  const before = await describeClone(world);
  const dry = await world.merge('--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(
    dry.stdout,
    /\+ alpha[^]*Branch olmirror\/idx at origin, to be merged into main\nDry run/,
  );
  assert.equal(world.remote('branch', '--list', BRANCH), '');
  const done = await world.merge();
  assert.equal(done.code, 0, done.stderr);
  assert.match(
    done.stdout,
    /\+ alpha {2}\+1 bundle[^]*Branch olmirror\/idx at origin: \w{12}, to be merged into main/,
  );
  assert.match(
    world.remote('diff', '--name-status', `main...${BRANCH}`),
    /^A\tcatalogs\/idx\/alpha\/catalog\.json\nA\tdeliveries\/\d{4}-\d\d-\d\d-\w{12}\.yaml$/,
  );
  assert.equal(world.remote('rev-parse', `${BRANCH}^`), world.remote('rev-parse', 'main'));
  assert.match(
    world.remote('log', '-1', '--format=%an <%ae> %B', BRANCH),
    /^olmirror <olmirror@olmirror\.invalid> Take alpha into idx\n\n- alpha: new → alpha\.v1\.0\.0\n\nOlmirror-Delivery: idx sha256:\w{64}\nOlmirror-Branch: olmirror\/idx$/,
  );
  assert.deepEqual(await describeClone(world), before);

  const tip = world.remote('rev-parse', BRANCH);
  const again = await world.merge('--format', 'json');
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(JSON.parse(again.stdout).branches, [
    {
      branch: BRANCH,
      remote: 'origin',
      base: { branch: 'main', revision: world.remote('rev-parse', 'main') },
      catalogs: ['idx'],
      revision: tip,
      request: null,
      done: 'same',
    },
  ]);
  assert.equal(world.remote('rev-parse', BRANCH), tip);
});

// Guards against: with the base's files alone under the next delivery, alpha and the note were gone.
test('deliveries come on top of each other and of what people did; what main changed too is joined', async (t) => {
  const world = await createBranchSite(t);
  await world.deliver({ alpha: ['1.0.0'] });
  assert.equal((await world.merge()).code, 0);
  const onBranch = await world.clone(BRANCH);
  await onBranch.write('note', 'of a person');
  onBranch.push('a note');
  const onMain = await world.clone('main');
  await onMain.write('README', 'newer');
  onMain.push('newer');
  await world.deliver({ beta: ['1.0.0'] });
  const second = await world.merge();
  assert.equal(second.code, 0, second.stderr);
  const names = world.remote('ls-tree', '-r', '--name-only', BRANCH).split('\n');
  assert.deepEqual(
    names.filter((name) => !name.startsWith('deliveries/')),
    [
      'README',
      'catalogs/idx/alpha/catalog.json',
      'catalogs/idx/beta/catalog.json',
      'mirror.yaml',
      'note',
    ],
  );
  assert.equal(names.length, 7);

  // Meanwhile somebody takes a newer alpha into main by hand.
  await world.deliver({ alpha: ['1.0.0', '1.1.0'] });
  await world.git('pull', '-q', '--rebase', 'origin', 'main');
  assert.equal((await world.olmirror(['merge'])).code, 0);
  await world.commit('by hand');
  await world.git('push', '-q', 'origin', 'main');
  await world.deliver({ alpha: ['1.0.0', '1.2.0'] });
  const gap = await world.merge();
  assert.equal(gap.code, 4, gap.stderr);
  assert.match(gap.stdout, /gap: alpha stays as it was/);
  assert.deepEqual(listBundles(world, BRANCH, 'alpha'), ['alpha.v1.0.0', 'alpha.v1.1.0']);
  assert.equal(world.remote('merge-base', 'main', BRANCH), world.remote('rev-parse', 'main'));
  assert.equal(world.remote('show', `${BRANCH}:note`), 'of a person');
  assert.equal((await world.merge()).code, 4);
});

// Guards against: with conflicts outside of catalogs passed over in settle-conflicts.ts this was red.
test('what the branch and main both changed and nobody can join is named, and the branch stays', async (t) => {
  const world = await createBranchSite(t);
  await world.deliver({ alpha: ['1.0.0'] });
  assert.equal((await world.merge()).code, 0);
  for (const branch of [BRANCH, 'main']) {
    const person = await world.clone(branch);
    await person.write('note', `for ${branch}`);
    person.push('a note');
  }
  const tip = world.remote('rev-parse', BRANCH);
  await world.deliver({ beta: ['1.0.0'] });
  const refused = await world.merge();
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(
    refused.stderr,
    /both changed note, and not in a way that can be joined\. The branch is as it was\.\nHint: Merge the base/,
  );
  assert.equal(world.remote('rev-parse', BRANCH), tip);
  assert.equal((await world.git('worktree', 'list')).split('\n').length, 1);
});

// Guards against: without `before === baseTree` the next branch dragged the squashed commit along.
test('a branch whose content was squashed into main begins afresh, and one that brings nothing stays', async (t) => {
  const world = await createBranchSite(t);
  await world.deliver({ alpha: ['1.0.0'] });
  assert.equal((await world.merge('--author', 'Robot R <r@example.com>')).code, 0);
  assert.equal(world.remote('log', '-1', '--format=%an <%ae>', BRANCH), 'Robot R <r@example.com>');
  const person = await world.clone('main');
  person.git('merge', '-q', '--squash', `origin/${BRANCH}`);
  person.push('squashed');
  const idle = await world.merge();
  assert.equal(idle.code, 0, idle.stderr);
  assert.match(idle.stdout, /nothing new[^]*main has it all; nothing was pushed/);
  await world.deliver({ beta: ['1.0.0'] });
  assert.equal((await world.merge()).code, 0);
  assert.equal(world.remote('rev-list', '--count', `main..${BRANCH}`), '1');
  assert.equal(world.remote('diff', '--name-only', `main...${BRANCH}`).split('\n').length, 2);
});

test('a server that refuses, and a push that was killed: nothing is lost, the next run goes on', async (t) => {
  const world = await createBranchSite(t);
  await world.deliver({ alpha: ['1.0.0'] });
  world.letIn('robot:secret-word-1');
  const unknown = await world.merge();
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /git ls-remote failed[^]*--git-token-file/);
  const token = join(world.folder, 'token');
  await writeFile(token, 'robot:secret-word-1\n');
  const hook = join(world.bare, 'hooks/pre-receive');
  const started = join(world.folder, 'started');
  async function setHook(script: string): Promise<void> {
    await writeFile(hook, `#!/bin/sh\n${script}\n`);
    await chmod(hook, 0o755);
  }
  await setHook('echo "branches are signed here" >&2; exit 1');
  const refused = await world.merge('--git-token-file', token);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /refused the branch olmirror\/idx \(pre-receive hook declined\): branches are signed here\. Nothing there was changed\.\nHint: Look at the rules/,
  );
  assert.doesNotMatch(`${refused.stdout}${refused.stderr}`, /secret-word/);

  await setHook(`touch ${started}; sleep 2; exit 1`);
  const killed = world.start(['merge', '--branch', '--push', '--git-token-file', token]);
  await waitFor('the push', async () => (await readdir(world.folder)).includes('started'));
  killed.kill('SIGKILL');
  assert.match(await world.git('worktree', 'list'), /\n.*\/branches\//);
  await rm(hook);
  const done = await world.merge('--git-token-file', token);
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(listBundles(world, BRANCH, 'alpha'), ['alpha.v1.0.0']);
  assert.equal((await world.git('worktree', 'list')).split('\n').length, 1);
});

async function describeClone(world: BranchSite): Promise<readonly string[]> {
  return [
    await world.git('rev-parse', 'HEAD'),
    await world.git('status', '--porcelain'),
    await world.git('branch'),
    await world.git('worktree', 'list'),
    (await readdir(world.state)).join(' '),
  ];
}
