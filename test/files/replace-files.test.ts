import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { replaceFiles } from '../../src/files/replace-files.ts';
import { writeFileAtomic } from '../../src/files/write-atomic.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('writeFileAtomic makes parents, replaces content and leaves no temporary file', async () => {
  const path = join(folder, 'a/b/c.json');
  await writeFileAtomic(path, 'old');
  await writeFileAtomic(path, Buffer.from('new'));
  assert.equal(await readFile(path, 'utf8'), 'new');
  assert.deepEqual(await readdir(join(folder, 'a/b')), ['c.json']);
});

test('writeFileAtomic leaves nothing behind when the target cannot be replaced', async () => {
  await mkdir(join(folder, 'taken/inside'), { recursive: true });
  await assert.rejects(writeFileAtomic(join(folder, 'taken'), 'x'));
  assert.deepEqual(await readdir(folder), ['taken']);
});

test('replaceFiles writes what differs, leaves equal files untouched and removes with empty folders', async () => {
  await mkdir(join(folder, 'gone/deep'), { recursive: true });
  await writeFile(join(folder, 'gone/deep/x'), '1');
  await writeFile(join(folder, 'same'), 'same');
  await writeFile(join(folder, 'other'), 'old');
  const before = await stat(join(folder, 'same'), { bigint: true });
  const files = new Map([
    ['same', 'same'],
    ['other', 'new'],
    ['new/file', 'fresh'],
  ]);
  const changed = await replaceFiles(folder, files, { remove: ['gone/deep/x', 'never/was'] });
  assert.deepEqual(changed, ['other', 'new/file', 'gone/deep/x', 'never/was']);
  assert.deepEqual((await readdir(folder)).toSorted(), ['new', 'other', 'same']);
  assert.equal(await readFile(join(folder, 'other'), 'utf8'), 'new');
  const after = await stat(join(folder, 'same'), { bigint: true });
  assert.deepEqual([after.ino, after.mtimeNs], [before.ino, before.mtimeNs]);
});

test('replaceFiles refuses paths outside its root', async () => {
  for (const path of ['../x', 'a/../../x', '/etc/x']) {
    await assert.rejects(replaceFiles(folder, new Map([[path, '1']]), { remove: [] }), /leaves/);
    await assert.rejects(replaceFiles(folder, new Map(), { remove: [path] }), /leaves/);
  }
});

test('replaceFiles begins no further file after a failure, and leaves whole ones', async () => {
  await mkdir(join(folder, 'taken/inside'), { recursive: true });
  const begun: string[] = [];
  const names = ['first', 'taken', ...Array.from({ length: 40 }, (_, index) => `later${index}`)];
  const files = new Map(
    names.map((name) => [
      name,
      () => {
        begun.push(name);
        return Buffer.from(name);
      },
    ]),
  );
  await assert.rejects(replaceFiles(folder, files, { remove: ['first'] }), {
    code: 'FILES_UNWRITABLE',
    message: /taken cannot be written/,
  });
  assert.ok(begun.length < names.length, `${begun.length} files were begun`);
  for (const name of await readdir(folder))
    if (name !== 'taken') assert.equal(await readFile(join(folder, name), 'utf8'), name);
});
