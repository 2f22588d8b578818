import assert from 'node:assert/strict';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createFaultSite, type FaultSite, hangOnePass } from '../support/fault-site.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { collect, pushIndex, pushOperator, readServed } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const FIRST = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];
const SECOND = [...FIRST, 'c.v1.0.0'];
const HINT = /Hint: Wait until it has ended; the lock of one that died is taken over by itself\./;

async function bring(site: FaultSite, name: string): Promise<void> {
  const bundles = await pushOperator(site.staging.host, { name, versions: ['1.0.0'] });
  await pushIndex(site.staging.host, { [name]: bundles });
}

async function assertApplied(site: FaultSite): Promise<void> {
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
}

async function findLock(site: FaultSite): Promise<string> {
  const root = join(site.folder, 'xdg-state/olmirror');
  const [name = ''] = await readdir(root);
  return join(root, name, 'apply.lock');
}

// Seen to fail: with assertStale always taking the lock over, the second apply went on beside the first; with
// restoreFiles not called in run-rollback.ts, the refused rollback left its pin.
test('while one pass holds the lock, apply and a rollback leave with its name, plan, status and merge go on, and watch does the rest once it is dead', async (t) => {
  const site = await createFaultSite(t);
  await assertApplied(site);
  await bring(site, 'c');
  await runAndCommit(site, ['merge']);
  const before = await site.readTags();
  const holder = await hangOnePass(site);
  const lock = await findLock(site);
  const { since }: { since: string } = JSON.parse(await readFile(lock, 'utf8'));
  const named = `Process ${holder.pid} on ${hostname()} (since ${since}) is applying; the lock is ${lock}.`;
  const rollback = [
    'index',
    'rollback',
    'previous',
    '--apply',
    '--reason',
    'broken',
    '--by',
    'kim',
  ];
  for (const args of [['apply', '--copy-timeout', '2s'], rollback]) {
    const second = await site.olmirror(args);
    assert.equal(second.code, 1, second.stdout + second.stderr);
    assert.ok(second.stderr.includes(named), second.stderr);
    assert.match(second.stderr, HINT);
    assert.equal(await site.git('status', '--porcelain'), '', `${args.join(' ')} changed nothing`);
  }
  assert.deepEqual(await site.readTags(), before);
  assert.equal((await site.olmirror(['plan'])).code, 2);
  assert.equal((await site.olmirror(['status'])).code, 0);
  await bring(site, 'd');
  const merge = await site.olmirror(['merge']);
  assert.equal(merge.code, 0, merge.stdout + merge.stderr);
  assert.match(await site.git('status', '--porcelain'), /catalogs\/idx\/d\//);

  const watching = site.start(['watch']);
  let said = '';
  watching.stdout?.on('data', (text: Buffer) => (said += text.toString()));
  const watched = collect(watching);
  await waitFor('the failed pass', async () => said.includes(`pass failed: ${named}`));
  await waitFor('the retry', async () => said.includes('retries after 1 failed in a row'));
  assert.equal(holder.exitCode, null);
  holder.kill('SIGKILL');
  site.spoil({});
  await waitFor('the pass', async () => said.includes('pass done'));
  watching.kill('SIGTERM');
  const end = await watched;
  assert.equal(end.code, 0, end.stdout + end.stderr);
  assert.deepEqual(await readServed(site.open(site.production)), SECOND);
});

/** A pass that was killed, and its lock as if it were of another machine that shares the folder. */
async function leaveLock(site: FaultSite, changes: object): Promise<string> {
  const holder = await hangOnePass(site);
  const lock = await findLock(site);
  const ended = collect(holder);
  holder.kill('SIGKILL');
  await ended;
  site.spoil({});
  const held: object = JSON.parse(await readFile(lock, 'utf8'));
  await writeFile(lock, JSON.stringify({ ...held, host: 'elsewhere', ...changes }));
  return lock;
}

// Seen to fail: with findHolder taking what it cannot see for running, nobody took it over.
test('a lock of another host is taken over once it gave no sign of life for its time, and not before', async (t) => {
  const site = await createFaultSite(t);
  const lock = await leaveLock(site, { staleMilliseconds: 3_000 });
  const begun = performance.now();
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.ok(performance.now() - begun >= 2_700, 'not before its time');
  assert.match(
    apply.stderr,
    /lock .*apply\.lock is of process \d+ on elsewhere; it is taken over if that gives no sign of life for 3 s/,
  );
  assert.deepEqual(await readServed(site.open(site.production)), FIRST);
  assert.deepEqual(
    (await readdir(dirname(lock))).filter((name) => name.includes('.lock')),
    [],
  );
});

test('a lock of another host and an older olmirror, which gave no signs of life, is named and never taken over', async (t) => {
  const site = await createFaultSite(t);
  const lock = await leaveLock(site, {
    staleMilliseconds: null,
    since: '2026-01-01T00:00:00.000Z',
  });
  const text = await readFile(lock, 'utf8');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 1, apply.stdout + apply.stderr);
  assert.match(
    apply.stderr,
    /Process \d+ on elsewhere \(since 2026-01-01T00:00:00\.000Z\) is applying; the lock is .*apply\.lock\./,
  );
  assert.match(apply.stderr, /if that machine is gone for good, delete the lock file/);
  assert.equal(await readFile(lock, 'utf8'), text);
});

// Seen to fail: without kill-switch's `atOnce` the copy had its ten seconds.
test('a pass whose lock another host took over ends its copies at once, says so, and writes nothing more', async (t) => {
  const site = await createFaultSite(t);
  const holder = await hangOnePass(site, ['apply', '--format', 'json', '--concurrency', '1'], {
    env: { OLMIRROR_LOCK_STALE_MS: '3000' },
  });
  const ended = collect(holder);
  const before = await site.readTags();
  const lock = await findLock(site);
  const robber = JSON.stringify({ pid: 7, host: 'elsewhere', id: 'robber', since: '2026' });
  await writeFile(`${lock}.tmp`, robber);
  await rename(`${lock}.tmp`, lock);
  const begun = performance.now();
  const end = await ended;
  assert.ok(performance.now() - begun < 8_000, 'without the grace of an interrupt');
  site.spoil({});
  assert.equal(end.code, 1, end.stdout + end.stderr);
  assert.match(end.stderr, /was taken over by process 7 on elsewhere/);
  const report: { outcomes: readonly { kind: string; code: string | null }[] } = JSON.parse(
    end.stdout,
  );
  assert.ok(report.outcomes.some(({ code }) => code === 'APPLY_LOCK_LOST'));
  assert.deepEqual(
    report.outcomes.filter(({ kind }) => kind === 'copied'),
    [],
  );
  assert.deepEqual(await site.readTags(), before);
  assert.equal(await readFile(lock, 'utf8'), robber, 'the lock of the other is left alone');
});
