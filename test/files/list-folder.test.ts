import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { listFolder } from '../../src/files/list-folder.ts';
import { readFile } from '../../src/files/read-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function describeAll(path: string): Promise<readonly string[]> {
  const entries = await listFolder(path);
  return entries.map(({ path: name, size, link, fault }) =>
    [name, size, ...(link ? ['link'] : []), ...(fault === null ? [] : [fault.message])].join(' '),
  );
}

function isNotFound(error: unknown): boolean {
  return isToolError(error, 'FILES_NOT_FOUND');
}

test('listFolder gives every file in byte order, dot files and linked files included', async () => {
  await mkdir(join(folder, 'b/.hidden'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'b/.hidden/x'), '1');
  await writeFile(join(folder, 'b/.indexignore'), '22');
  await writeFile(join(folder, 'Z.yaml'), '3');
  await writeFile(join(folder, 'a.json'), '4444');
  await symlink('a.json', join(folder, 'linked.json'));
  assert.deepEqual(await describeAll(folder), [
    'Z.yaml 1',
    'a.json 4',
    'b/.hidden/x 1',
    'b/.indexignore 2',
    'linked.json 4 link',
  ]);
});

test('listFolder says of each entry that is no file what it is, and goes on', async () => {
  await symlink('.', join(folder, 'around'));
  await symlink('nowhere', join(folder, 'gone'));
  await symlink('loop', join(folder, 'loop'));
  await writeFile(join(folder, 'z.json'), '{}');
  await mkdir(Buffer.concat([Buffer.from(`${folder}/m`), Buffer.from([0xff])]));
  await writeFile(Buffer.concat([Buffer.from(`${folder}/n`), Buffer.from([0xff])]), '');
  const refused = 'which a catalog must not hold.';
  assert.deepEqual(await describeAll(folder), [
    `around 0 link ${folder}/around is a link to a folder, ${refused}`,
    `gone 0 link ${folder}/gone is a link to nothing, ${refused}`,
    `loop 0 link ${folder}/loop is a link that leads back to itself, ${refused}`,
    'm\uFFFD 0 The name m\uFFFD is not UTF-8.',
    'n\uFFFD 0 The name n\uFFFD is not UTF-8.',
    'z.json 2',
  ]);
  for (const { fault } of await listFolder(folder)) assert.notEqual(fault?.hint, '');
});

test('listFolder and readFile say FILES_NOT_FOUND for what is not there', async () => {
  const path = join(folder, 'none');
  await assert.rejects(listFolder(path), isNotFound);
  await assert.rejects(readFile(path), isNotFound);
  await assert.rejects(readFile(folder), (error) => isToolError(error, 'FILES_UNREADABLE'));
});
