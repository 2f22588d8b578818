import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { withTemporaryFolder } from '../../src/files/temporary-folder.ts';

const MODULE = join(import.meta.dirname, '../../src/files/temporary-folder.ts');

async function useTemporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-temporary-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  t.after(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

test('withTemporaryFolder gives a folder that is gone when the work is done or fails', async (t) => {
  const temporary = await useTemporary(t);
  const used = await withTemporaryFolder('made-', async (folder) => {
    await writeFile(join(folder, 'a'), 'x');
    return folder;
  });
  assert.equal(dirname(used), temporary);
  assert.match(basename(used), /^made-/);
  await assert.rejects(
    withTemporaryFolder('made-', async (folder) => {
      await writeFile(join(folder, 'a'), 'x');
      throw new Error('no');
    }),
    /^Error: no$/,
  );
  assert.deepEqual(await readdir(temporary), []);
  assert.equal(process.listeners('exit').filter(({ name }) => name === 'remove').length, 0);
});

test('withTemporaryFolder leaves nothing where the process exits in the middle', async (t) => {
  const temporary = await useTemporary(t);
  const script = `const { withTemporaryFolder } = await import(${JSON.stringify(MODULE)});
    const { readdirSync } = await import('node:fs');
    await withTemporaryFolder('made-', () => {
      process.stdout.write(String(readdirSync(process.env.TMPDIR).length));
      process.exit(0);
    });`;
  const args = ['--input-type=module', '-e', script];
  assert.equal(execFileSync(process.execPath, args, { encoding: 'utf8' }), '1');
  assert.deepEqual(await readdir(temporary), []);
});

test('withTemporaryFolder says where none can be made', async (t) => {
  const temporary = await useTemporary(t);
  await rm(temporary, { recursive: true });
  await assert.rejects(
    withTemporaryFolder('made-', () => assert.fail('there is no folder')),
    (error) => isToolError(error, 'FILES_UNWRITABLE'),
  );
});
