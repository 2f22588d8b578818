import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { buildLockTiming, type HeldLock } from '../../src/base/locker.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { testLocker } from '../contracts/locker.ts';
import { openFileLocker } from '../support/open-file-locker.ts';
import { createStoppableClock } from '../support/stoppable-clock.ts';

const NEVER = new AbortController().signal;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function acquire(): Promise<HeldLock> {
  return openFileLocker(folder).acquire('nexus', NEVER);
}

function writeLock(holder: object): Promise<void> {
  return writeFile(
    join(folder, 'apply.lock'),
    JSON.stringify({ since: '2026-01-01T00:00:00Z', processStart: null, id: 'x', ...holder }),
  );
}

function isLocked(error: unknown): boolean {
  return isToolError(error, 'APPLY_LOCKED') && error.message.includes(join(folder, 'apply.lock'));
}

testLocker('a lock file', () =>
  Promise.resolve({
    open: ({ name, clock, timing }) => openFileLocker(folder, { host: name, clock, timing }),
  }),
);

test('acquire holds others off until it is released, naming process and file', async () => {
  const lock = await acquire();
  await assert.rejects(
    acquire(),
    (error) => isLocked(error) && String(error).includes(`Process ${process.pid} `),
  );
  await lock.release();
  await (await acquire()).release();
  assert.deepEqual(await readdir(folder), []);
});

test('acquire removes what processes left that were killed while they took it, and nothing young', async () => {
  const [old, young] = ['apply.lock.a', 'apply.lock.b'];
  for (const name of [old, young]) await writeFile(join(folder, name), '{}');
  const before = new Date(Date.now() - 120_000);
  await utimes(join(folder, old), before, before);
  await (await acquire()).release();
  assert.deepEqual(await readdir(folder), [young]);
});

test('acquire lets exactly one of many in', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10 }, acquire));
  const held = results.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []));
  assert.equal(held.length, 1);
  await held[0]?.release();
});

// Promise 12. Seen to fail: with findHolder taking every process for running, the lock was held.
test('acquire takes over the lock of a process that is gone, at once', async () => {
  const { pid } = spawnSync('true');
  await writeLock({ pid, host: hostname() });
  const results = await Promise.allSettled(Array.from({ length: 5 }, acquire));
  const held = results.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []));
  assert.equal(held.length, 1);
  const { pid: holder }: { pid: number } = JSON.parse(
    await readFile(join(folder, 'apply.lock'), 'utf8'),
  );
  assert.equal(holder, process.pid);
  await held[0]?.release();
  assert.deepEqual(await readdir(folder), []);
});

test('acquire takes over the lock of another process that had the same pid', async () => {
  await writeLock({ pid: process.pid, host: hostname(), processStart: '1' });
  await (await acquire()).release();
});

test('acquire takes over a lock that cannot be read', async () => {
  await writeFile(join(folder, 'apply.lock'), '{"pid":');
  await (await acquire()).release();
});

// Killed between its claim and the change of hands.
test('acquire takes over a lock whose claimant died too', async () => {
  const { pid } = spawnSync('true');
  await writeLock({ pid, host: hostname() });
  await writeLock({ pid, host: hostname(), id: 'first' });
  const claim = `apply.lock.after-${createHash('sha256').update('first').digest('hex').slice(0, 32)}`;
  await writeFile(join(folder, claim), JSON.stringify({ pid, host: hostname(), id: 'second' }));
  const held = await acquire();
  await assert.rejects(acquire(), isLocked);
  await held.assertHeld();
  await held.release();
  assert.deepEqual(await readdir(folder), []);
});

// An older olmirror gives no signs of life, so silence says nothing.
test('acquire leaves alone the lock of another machine that never gave a sign of life', async () => {
  await writeLock({ pid: 1, host: 'elsewhere' });
  await assert.rejects(
    acquire(),
    (error) =>
      isLocked(error) &&
      String(error).includes('on elsewhere') &&
      isToolError(error) &&
      error.hint?.includes('delete the lock file') === true,
  );
});

// Seen to fail: with findHolder comparing hosts alone, it was taken over at once, though its process is another's.
test('acquire does not judge the process of a container that has the same host name', async () => {
  const clock = createStoppableClock();
  const timing = buildLockTiming(3_000);
  await writeLock({
    pid: spawnSync('true').pid,
    host: hostname(),
    space: 'another boot pid:[1]',
    staleMilliseconds: 3_000,
  });
  const begun = performance.now();
  const held = await openFileLocker(folder, { clock, timing }).acquire('nexus', NEVER);
  assert.ok(performance.now() - begun >= 2_700);
  await held.release();
});

test('a holder whose lock file was deleted by hand stops writing', async () => {
  const held = await acquire();
  await rm(join(folder, 'apply.lock'));
  await assert.rejects(
    held.assertHeld(),
    (error) => isToolError(error, 'APPLY_LOCK_LOST') && error.message.includes('was removed'),
  );
  await held.release();
});

// A clock that is set to another day, in either direction, neither robs nor frees anybody.
test('a lock survives clocks that differ by years', async () => {
  const timing = buildLockTiming(3_000);
  const behind = Date.now() - Date.parse('2001-01-01T00:00:00Z');
  const past = { ...createStoppableClock(), now: () => new Date(Date.now() - behind) };
  const held = await openFileLocker(folder, { host: 'north', clock: past, timing }).acquire(
    'nexus',
    NEVER,
  );
  await assert.rejects(
    openFileLocker(folder, { host: 'south', timing }).acquire('nexus', NEVER),
    isLocked,
  );
  await held.assertHeld();
  await held.release();
});
