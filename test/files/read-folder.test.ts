import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { readFile } from '../../src/files/read-file.ts';
import { readFolder } from '../../src/files/read-folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function collect(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const file of readFolder(path))
    found.push(`${file.path}=${Buffer.from(file.bytes).toString()}`);
  return found;
}

function isNotFound(error: unknown): boolean {
  return isToolError(error, 'FILES_NOT_FOUND');
}

test('readFolder gives every file in byte order, dot files and linked files included', async () => {
  await mkdir(join(folder, 'b/.hidden'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'b/.hidden/x'), '1');
  await writeFile(join(folder, 'b/.indexignore'), '2');
  await writeFile(join(folder, 'Z.yaml'), '3');
  await writeFile(join(folder, 'a.json'), '4');
  await symlink('a.json', join(folder, 'linked.json'));
  assert.deepEqual(await collect(folder), [
    'Z.yaml=3',
    'a.json=4',
    'b/.hidden/x=1',
    'b/.indexignore=2',
    'linked.json=4',
  ]);
});

test('readFolder refuses a link to a folder and a link to nothing, naming it', async () => {
  for (const target of ['.', 'nowhere']) {
    await symlink(target, join(folder, 'odd'));
    await assert.rejects(collect(folder), (error) => {
      assert.ok(isToolError(error, 'FILES_UNREADABLE'));
      assert.match(error.message, /\/odd is a link to (a folder|nothing)/);
      return error.hint !== undefined;
    });
    await rm(join(folder, 'odd'));
  }
});

test('readFolder and readFile say FILES_NOT_FOUND for what is not there', async () => {
  const path = join(folder, 'none');
  await assert.rejects(collect(path), isNotFound);
  await assert.rejects(readFile(path), isNotFound);
  await assert.rejects(readFile(folder), (error) => isToolError(error, 'FILES_UNREADABLE'));
});
