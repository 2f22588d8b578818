import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { acquirePass, listRunningShards } from '../../src/apply/acquire-pass.ts';
import type { HeldLock, Locker } from '../../src/base/locker.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { parseShard } from '../../src/plan/shard.ts';
import { openFileLocker } from '../support/open-file-locker.ts';

const NEVER = new AbortController().signal;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function acquire(shard: string | null): Promise<HeldLock> {
  const part = shard === null ? undefined : (parseShard(shard, undefined) ?? undefined);
  return acquirePass([openFileLocker(folder)], { mirror: 'nexus', shard: part }, NEVER);
}

function isShardAtWork(error: unknown): boolean {
  return (
    isToolError(error, 'APPLY_SHARDS_RUNNING') &&
    error.message.startsWith(`Shard 1/3 is at work. Process ${process.pid} `)
  );
}

test('acquirePass lets shards of one division go side by side, and nothing else beside them', async () => {
  const first = await acquire('1/3');
  const second = await acquire('2/3');
  assert.deepEqual(await listRunningShards([openFileLocker(folder)], 'nexus', NEVER), [
    { part: 1, of: 3 },
    { part: 2, of: 3 },
  ]);
  for (const other of [null, 'index/3', '3/4']) await assert.rejects(acquire(other), isShardAtWork);
  await assert.rejects(acquire('1/3'), (error) => isToolError(error, 'APPLY_LOCKED'));
  await Promise.all([first.release(), second.release()]);
  const whole = await acquire('index/3');
  for (const other of [null, '1/3'])
    await assert.rejects(acquire(other), (error) => isToolError(error, 'APPLY_LOCKED'));
  await whole.release();
  assert.deepEqual(await readdir(folder), []);
});

test('acquirePass goes past a shard whose process is gone', async () => {
  const { pid } = spawnSync('true');
  const gone = {
    pid,
    host: hostname(),
    since: '2026-01-01T00:00:00Z',
    processStart: null,
    id: 'x',
  };
  await writeFile(join(folder, 'apply-shard-2-of-3.lock'), JSON.stringify(gone));
  assert.deepEqual(await listRunningShards([openFileLocker(folder)], 'nexus', NEVER), []);
  await (await acquire(null)).release();
  assert.deepEqual(await readdir(folder), []);
});

// Seen to fail: without the second look in acquirePass, both went on in one of a few rounds.
test('acquirePass never lets a shard and the whole in together', async () => {
  for (let round = 0; round < 20; round += 1) {
    const results = await Promise.allSettled([acquire(null), acquire('1/2')]);
    const held = results.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []));
    assert.ok(held.length < 2);
    await Promise.all(held.map((lock) => lock.release()));
  }
});

test('acquirePass takes no shard with a lock that knows none', async () => {
  const plain = openFileLocker(folder);
  const lockers: readonly Locker[] = [
    plain,
    { acquire: (key, signal) => plain.acquire(key, signal) },
  ];
  const shard = { part: 1, of: 2 };
  await assert.rejects(acquirePass(lockers, { mirror: 'nexus', shard }, NEVER), /knows no shards/);
});
