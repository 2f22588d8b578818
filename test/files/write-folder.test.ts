import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { writeFolder } from '../../src/files/write-folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

const FILES = new Map<string, string | Uint8Array>([
  ['a/b', 'text'],
  ['c', Buffer.from([0, 255])],
]);

async function makeOld(): Promise<string> {
  const target = join(folder, 'target');
  await mkdir(join(target, 'a'), { recursive: true });
  await writeFile(join(target, 'a/old'), 'old');
  return target;
}

test('writeFolder writes texts and bytes, and leaves a folder with content alone', async () => {
  const target = join(folder, 'deep/target');
  await writeFolder(target, FILES);
  assert.equal(await readFile(join(target, 'a/b'), 'utf8'), 'text');
  assert.deepEqual([...(await readFile(join(target, 'c')))], [0, 255]);
  await assert.rejects(writeFolder(target, FILES), (error) => isToolError(error, 'FILES_EXISTS'));
});

test('writeFolder replaces a folder whole, and leaves the old one where that fails', async () => {
  const target = await makeOld();
  const broken = new Map([...FILES, ['c/below-a-file', 'x']]);
  await assert.rejects(writeFolder(target, broken, { replace: true }), (error) =>
    isToolError(error, 'FILES_UNWRITABLE'),
  );
  assert.deepEqual(await readdir(join(target, 'a')), ['old']);
  await writeFolder(target, FILES, { replace: true });
  assert.deepEqual((await readdir(target)).toSorted(), ['a', 'c']);
  assert.deepEqual(await readdir(join(target, 'a')), ['b']);
  assert.deepEqual(await readdir(folder), ['target'], 'nothing lies beside it');
  await writeFolder(join(folder, 'new'), FILES, { replace: true });
  assert.deepEqual((await readdir(join(folder, 'new'))).toSorted(), ['a', 'c']);
});

test('writeFolder never replaces a Git repository, the current folder, one above it, or a file', async () => {
  const target = await makeOld();
  await mkdir(join(target, '.git'));
  await writeFile(join(folder, 'file'), 'x');
  for (const path of [target, '.', '..', '/', join(folder, 'file')]) {
    await assert.rejects(
      writeFolder(path, FILES, { replace: true }),
      (error) => isToolError(error, 'FILES_EXISTS'),
      path,
    );
  }
  assert.deepEqual((await readdir(target)).toSorted(), ['.git', 'a']);
});
