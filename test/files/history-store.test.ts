import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { openHistoryStore } from '../../src/files/history-store.ts';

async function createFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-history-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'history');
}

function entry(id: string, wholeId = id, drops: readonly string[] = []) {
  return { id, wholeId, short: { id, lastId: wholeId }, whole: { whole: wholeId }, drops };
}

test('a history lists the newest first, and gives each whole document', async (t) => {
  const store = openHistoryStore(await createFolder(t));
  assert.deepEqual(await store.list(), []);
  await store.save(entry('a-1'));
  await store.save(entry('a-2'));
  assert.deepEqual(await store.list(), [
    { id: 'a-2', lastId: 'a-2' },
    { id: 'a-1', lastId: 'a-1' },
  ]);
  assert.deepEqual(await store.read('a-1'), { whole: 'a-1' });
  assert.equal(await store.read('a-9'), null);
  assert.equal(await store.read('../a-1'), null);
});

test('of passes that share a line the first and the last are kept as a whole', async (t) => {
  const folder = await createFolder(t);
  const store = openHistoryStore(folder);
  await store.save(entry('a-1'));
  await store.save(entry('a-1', 'a-2'));
  await store.save(entry('a-1', 'a-3', ['a-2']));
  assert.deepEqual(await store.list(), [{ id: 'a-1', lastId: 'a-3' }]);
  assert.deepEqual(await store.read('a-1'), { whole: 'a-1' });
  assert.deepEqual(await store.read('a-3'), { whole: 'a-3' });
  assert.equal(await store.read('a-2'), null);
});

// Seen to fail: without `removeOldest`, 7 were left.
test('only the newest are kept', async (t) => {
  const folder = await createFolder(t);
  const store = openHistoryStore(folder, 3);
  await store.save(entry('a-0'));
  await writeFile(join(folder, '.a-0.json.gz.cut.tmp'), 'half');
  for (const n of [1, 2, 3, 4, 5, 6, 7]) await store.save(entry(`a-${n}`));
  assert.deepEqual((await readdir(folder)).toSorted(), [
    'a-5.json',
    'a-5.json.gz',
    'a-6.json',
    'a-6.json.gz',
    'a-7.json',
    'a-7.json.gz',
  ]);
});

test('a damaged document costs itself and no other', async (t) => {
  const folder = await createFolder(t);
  const store = openHistoryStore(folder);
  await store.save(entry('a-1'));
  await store.save(entry('a-2'));
  await writeFile(join(folder, 'a-1.json'), '{"id":');
  await truncate(join(folder, 'a-2.json.gz'), 10);
  assert.deepEqual(await store.list(), [{ id: 'a-2', lastId: 'a-2' }]);
  await assert.rejects(store.read('a-2'), (error) => isToolError(error, 'FILES_UNREADABLE'));
  assert.deepEqual(await store.read('a-1'), { whole: 'a-1' });
});
