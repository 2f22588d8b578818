import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import { findProgram } from '../../src/cli/find-program.ts';
import { findPort } from '../support/find-port.ts';
import { startGitServer } from '../support/git-server.ts';
import {
  type CliResult,
  collect,
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  type Site,
} from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

async function prepare(site: Site, spec?: string): Promise<string> {
  await pushIndex(site.production.host, {
    a: await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] }),
  });
  await pushIndex(site.staging.host, {
    a: await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] }),
  });
  if (spec !== undefined) await site.writeManifest({ spec });
  const init = await site.olmirror(['init']);
  assert.equal(init.code, 0, init.stderr);
  await site.commit('base');
  const remote = join(site.folder, 'repos/state.git');
  await site.git('clone', '-q', '--bare', '.', remote);
  await site.git('remote', 'add', 'origin', remote);
  return remote;
}

interface Watching {
  log(): string;
  stop(): Promise<CliResult>;
}

function startWatch(t: TestContext, site: Site, args: readonly string[]): Watching {
  const watching = site.start(['watch', '--fetch-interval', '1s', ...args], { cwd: site.folder });
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  return {
    log: () => log,
    stop() {
      watching.kill('SIGTERM');
      return ended;
    },
  };
}

async function startDaemon(
  t: TestContext,
  base: string,
  port: number,
): Promise<() => Promise<void>> {
  const args = [
    '--export-all',
    '--reuseaddr',
    `--base-path=${base}`,
    '--listen=127.0.0.1',
    `--port=${port}`,
    base,
  ];
  const core = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
  const daemon = spawn(join(core, 'git-daemon'), args, { stdio: 'ignore' });
  const gone = new Promise<void>((done) => daemon.once('exit', () => done()));
  t.after(() => daemon.kill('SIGKILL'));
  await waitFor('the Git server', async () => {
    try {
      execFileSync('git', ['ls-remote', `git://127.0.0.1:${port}/state.git`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  return () => {
    daemon.kill();
    return gone;
  };
}

// Seen to fail: with the pass ended by the error of the fetch, drift was not healed while the Git server was away.
test('watch --remote outlives a Git server that is away, a deleted branch and a rewritten history, healing drift meanwhile', async (t) => {
  const site = await createSite(t);
  const remote = await prepare(site);
  const production = site.open(site.production);
  const port = await findPort();
  const stopDaemon = await startDaemon(t, join(site.folder, 'repos'), port);
  const watching = startWatch(t, site, [
    '--remote',
    `git://127.0.0.1:${port}/state.git`,
    '--interval',
    '4s',
  ]);
  await waitFor('the first pass', async () => watching.log().includes('in step with Git'));
  await site.olmirror(['merge']);
  await site.commit('delivery');
  await site.git('push', '-q', 'origin', 'main');
  await waitFor('the commit', async () => (await readServed(production)).includes('a.v1.1.0'));

  await stopDaemon();
  await waitFor('the fault', async () =>
    /no commit could be taken: git ls-remote failed/.test(watching.log()),
  );
  const served = await production.headManifest('olm/idx', 'v1');
  assert.ok(served.state === 'present');
  await deleteManifest(site.production.host, 'olm/idx', served.digest);
  await waitFor(
    'the drift to be healed',
    async () => (await readServed(production).catch(() => [])).length === 2,
  );
  await waitFor('the reason', async () =>
    /no newer one is taken: GIT_UNREACHABLE/.test(watching.log()),
  );

  const stopAgain = await startDaemon(t, join(site.folder, 'repos'), port);
  await waitFor('the way back', async () => watching.log().includes('commits are taken again'));
  await site.git('-C', remote, 'update-ref', '-d', 'refs/heads/main');
  await waitFor('the deleted branch', async () => /has no branch or tag main/.test(watching.log()));
  await waitFor('the stall', async () =>
    /no newer one is taken: GIT_UNKNOWN_REVISION/.test(watching.log()),
  );
  assert.equal((await readServed(production)).length, 2);

  await site.git('reset', '-q', '--hard', 'HEAD~1');
  await site.git('commit', '-q', '--allow-empty', '-m', 'rewritten');
  await site.git('push', '-q', 'origin', 'main');
  await waitFor('the rewritten history', async () => (await readServed(production)).length === 1);
  assert.match(
    watching.log(),
    /the history was rewritten, or the tag moved back: [0-9a-f]{40} follows/,
  );
  await stopAgain();
  assert.equal((await watching.stop()).code, 0);
});

const SEARCH = process.env['PATH'] ?? '';
const NO_SSH = (await findProgram('ssh-keygen', SEARCH)) === null && 'ssh-keygen is not installed';

// Seen to fail: without the rule the unsigned delivery was served.
test('watch and apply take signed commits only, keep what is served, and go on with the next signed one', {
  skip: NO_SSH,
}, async (t) => {
  const site = await createSite(t);
  await prepare(site);
  const production = site.open(site.production);
  const key = join(site.folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const signers = join(site.folder, 'signers');
  writeFileSync(signers, `kim@example.com ${readFileSync(`${key}.pub`, 'utf8')}`);
  for (const [name, value] of [
    ['gpg.format', 'ssh'],
    ['user.signingkey', key],
  ] as const)
    await site.git('config', name, value);
  await site.git('commit', '-q', '--amend', '--no-edit', '-S');
  await site.git('push', '-q', '-f', 'origin', 'main');
  const remote = join(site.folder, 'repos/state.git');
  const watching = startWatch(t, site, [
    '--remote',
    remote,
    '--interval',
    '5m',
    '--signers-ssh',
    signers,
  ]);
  await waitFor('the first pass', async () => watching.log().includes('in step with Git'));
  await site.olmirror(['merge']);
  await site.commit('delivery');
  await site.git('push', '-q', 'origin', 'main');
  await waitFor('the refusal', async () => /is not taken: it is not signed/.test(watching.log()));
  const refused = await site.olmirror(['apply', '--signers-ssh', signers]);
  assert.deepEqual([refused.code, /it is not signed/.test(refused.stderr)], [1, true]);
  assert.deepEqual(await readServed(production), ['a.v1.0.0']);
  writeFileSync(join(site.state, 'signers'), '');
  const inside = await site.olmirror(['apply', '--signers-ssh', 'signers']);
  assert.deepEqual([inside.code, /lie in the state repository/.test(inside.stderr)], [1, true]);
  rmSync(join(site.state, 'signers'));
  await site.git('commit', '-q', '--allow-empty', '-S', '-m', 'reviewed');
  await site.git('push', '-q', 'origin', 'main');
  await waitFor('the signed commit', async () =>
    (await readServed(production)).includes('a.v1.1.0'),
  );
  assert.equal((await watching.stop()).code, 0);
  assert.equal((await site.olmirror(['apply', '--signers-ssh', signers])).code, 0);
});

test('watch --remote goes on when its token is rotated, and pushes notes of what it did', async (t) => {
  const site = await createSite(t);
  await prepare(site, '  reconcile: { notes: push }');
  const production = site.open(site.production);
  const server = await startGitServer(t, join(site.folder, 'repos'));
  server.letIn('x-access-token:old-secret');
  const tokenFile = join(site.folder, 'token');
  writeFileSync(tokenFile, 'old-secret\n');
  const remote = `${server.url}state.git`;
  const args = ['--remote', remote, '--interval', '5m', '--git-token-file', tokenFile];
  const watching = startWatch(t, site, args);
  await waitFor('the first pass', async () => watching.log().includes('in step with Git'));
  server.letIn('x-access-token:new-secret');
  await waitFor('the refusal', async () =>
    /Hint: The Git server refused the credentials/.test(watching.log()),
  );
  await site.olmirror(['merge']);
  const commit = await site.commit('delivery');
  await site.git('push', '-q', 'origin', 'main');
  writeFileSync(tokenFile, 'new-secret\n');
  await waitFor('the commit', async () => (await readServed(production)).includes('a.v1.1.0'));
  await waitFor('the note', async () => {
    await site.git('fetch', '-q', 'origin', '+refs/notes/*:refs/notes/*').catch(() => '');
    return site.git('notes', '--ref=olmirror', 'list', commit).then(
      () => true,
      () => false,
    );
  });
  const note = JSON.parse(await site.git('notes', '--ref=olmirror', 'show', commit));
  assert.deepEqual([note.mirror, note.result, note.sums.copied > 0], ['test', 'done', true]);
  assert.match(note.planHash, /^sha256:/);
  assert.match(note.indexes.idx, /^sha256:/);
  assert.match(note.signedOffBy, /^olmirror <olmirror@/);
  const { code, stdout, stderr } = await watching.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stdout + stderr, /(?:old|new)-secret/);
});
