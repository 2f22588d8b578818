import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { acquireLock, listShardLocks } from '../../src/apply/lock.ts';
import { isToolError } from '../../src/base/tool-error.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function writeLock(holder: object): Promise<void> {
  return writeFile(
    join(folder, 'apply.lock'),
    JSON.stringify({ since: '2026-01-01T00:00:00Z', processStart: null, id: 'x', ...holder }),
  );
}

function isLocked(error: unknown): boolean {
  return isToolError(error, 'APPLY_LOCKED') && error.message.includes(join(folder, 'apply.lock'));
}

test('acquireLock holds others off until it is released, naming process and file', async () => {
  const lock = await acquireLock(folder);
  await assert.rejects(
    acquireLock(folder),
    (error) => isLocked(error) && String(error).includes(`Process ${process.pid} `),
  );
  await lock.release();
  await (await acquireLock(folder)).release();
  assert.deepEqual(await readdir(folder), []);
});

test('acquireLock removes what processes left that were killed while they took it, and nothing young', async () => {
  const [old, young] = ['apply.lock.a', 'apply.lock.b'];
  for (const name of [old, young]) await writeFile(join(folder, name), '{}');
  const before = new Date(Date.now() - 120_000);
  await utimes(join(folder, old), before, before);
  await (await acquireLock(folder)).release();
  assert.deepEqual(await readdir(folder), [young]);
});

test('acquireLock lets exactly one of many in', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => acquireLock(folder)));
  assert.equal(results.filter((entry) => entry.status === 'fulfilled').length, 1);
});

// Promise 12. Seen to fail: with isAlive taking every process for running, the lock was held.
test('acquireLock takes over the lock of a process that is gone', async () => {
  const { pid } = spawnSync('true');
  await writeLock({ pid, host: hostname() });
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => acquireLock(folder)));
  assert.equal(results.filter((entry) => entry.status === 'fulfilled').length, 1);
  const { pid: holder }: { pid: number } = JSON.parse(
    await readFile(join(folder, 'apply.lock'), 'utf8'),
  );
  assert.equal(holder, process.pid);
});

test('acquireLock takes over the lock of another process that had the same pid', async () => {
  await writeLock({ pid: process.pid, host: hostname(), processStart: '1' });
  await (await acquireLock(folder)).release();
});

test('acquireLock takes over a lock that cannot be read', async () => {
  await writeFile(join(folder, 'apply.lock'), '{"pid":');
  await (await acquireLock(folder)).release();
});

test('acquireLock leaves the lock of another machine alone', async () => {
  await writeLock({ pid: 1, host: 'elsewhere' });
  await assert.rejects(
    acquireLock(folder),
    (error) => isLocked(error) && String(error).includes('on elsewhere'),
  );
});

// Seen to fail: without the second look in acquireLock, both a shard and the whole went on at the same time.
test('acquireLock lets shards of one division go side by side, and nothing else beside them', async () => {
  const first = await acquireLock(folder, 'manifest/shard-1-of-3');
  const second = await acquireLock(folder, 'manifest/shard-2-of-3');
  assert.deepEqual(await listShardLocks(folder), [
    'manifest/shard-1-of-3',
    'manifest/shard-2-of-3',
  ]);
  for (const key of ['manifest', 'manifest/shard-1-of-3', 'manifest/shard-3-of-4'] as const)
    await assert.rejects(
      acquireLock(folder, key),
      (error) =>
        isToolError(error, 'APPLY_SHARDS_RUNNING') &&
        error.message.includes(`Process ${process.pid} `) &&
        error.message.includes('is applying shard 1/3'),
    );
  await Promise.all([first.release(), second.release()]);
  const whole = await acquireLock(folder);
  await assert.rejects(acquireLock(folder, 'manifest/shard-1-of-3'), isLocked);
  await whole.release();
  assert.deepEqual(await readdir(folder), []);
});

test('acquireLock for the whole takes over from a shard whose process is gone', async () => {
  const { pid } = spawnSync('true');
  const gone = { pid, host: hostname(), since: '2026-01-01T00:00:00Z', processStart: null, id: 'x' };
  await writeFile(join(folder, 'apply.shard-2-of-3.lock'), JSON.stringify(gone));
  assert.deepEqual(await listShardLocks(folder), []);
  await (await acquireLock(folder)).release();
  assert.deepEqual(await readdir(folder), []);
});

test('acquireLock never lets a shard and the whole in together', async () => {
  for (let round = 0; round < 20; round += 1) {
    const results = await Promise.allSettled(
      (['manifest', 'manifest/shard-1-of-2'] as const).map((key) => acquireLock(folder, key)),
    );
    const held = results.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []));
    assert.ok(held.length < 2);
    await Promise.all(held.map((lock) => lock.release()));
  }
});
