import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listTree as listProcesses } from '../../scripts/lib/process-tree.ts';
import { listTree } from '../../src/git/list-tree.ts';
import { createObjectReader, type ObjectReader } from '../../src/git/object-reader.ts';
import type { GitPlace } from '../../src/git/run-git.ts';

const SOURCE = join(import.meta.dirname, '../../src/git/object-reader.ts');
const NAMES = ['a.txt', 'b/c.json', 'b/ä b\n.json', 'b/d/e/f.txt', 'b-c.json', 'b0'];

interface Place extends GitPlace {
  readonly commit: string;
  git(...args: readonly string[]): string;
}

async function createPlace(t: TestContext, format = 'sha1'): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-objects-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
  function git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', folder, ...who, ...args], { encoding: 'utf8' }).trim();
  }
  git('init', '-q', `--object-format=${format}`);
  for (const name of NAMES) {
    execFileSync('mkdir', ['-p', join(folder, name, '..')]);
    await writeFile(join(folder, name), `text of ${name}\n`);
  }
  execFileSync('ln', ['-s', 'a.txt', join(folder, 'link')]);
  git('add', '--all');
  git('update-index', '--add', '--cacheinfo', `160000,${git('write-tree')},b/module`);
  git('commit', '-qm', 'all');
  return { folder, environment, commit: git('rev-parse', 'HEAD'), git };
}

const NOTHING: ObjectReader = {
  read: () => Promise.resolve(null),
  readCommit: () => Promise.resolve(null),
  start: () => undefined,
};

for (const format of ['sha1', 'sha256'])
  test(`listTree walks the trees to what ls-tree lists, also below a folder (${format})`, async (t) => {
    const place = await createPlace(t, format);
    const { commit } = place;
    const objects = createObjectReader(place);
    for (const prefix of ['', 'b/', 'b/d/e/', 'nowhere/', 'a.txt/']) {
      const listing = { prefix, commit, trees: new Map() };
      const walked = await listTree(place, { ...listing, objects });
      assert.deepEqual(walked, await listTree(place, { ...listing, objects: NOTHING }), prefix);
      assert.equal(walked.files.length, { '': 6, 'b/': 3, 'b/d/e/': 1 }[prefix] ?? 0);
      assert.deepEqual(walked.submodules.length, { '': 1, 'b/': 1 }[prefix] ?? 0);
    }
  });

test('listTree reads of a later commit only the trees that it changed', async (t) => {
  const place = await createPlace(t);
  const { read } = createObjectReader(place);
  const asked: string[] = [];
  const objects: ObjectReader = {
    ...NOTHING,
    read(name, type) {
      asked.push(name);
      return read(name, type);
    },
  };
  const trees = new Map();
  await listTree(place, { prefix: '', commit: place.commit, objects, trees });
  assert.equal(asked.length, 4);
  await writeFile(join(place.folder, 'b/c.json'), 'changed\n');
  place.git('commit', '-qam', 'a change');
  const commit = place.git('rev-parse', 'HEAD');
  const { files } = await listTree(place, { prefix: '', commit, objects, trees });
  assert.equal(asked.length, 6);
  assert.equal(
    files.find(({ path }) => path === 'b/c.json')?.objectId,
    place.git('rev-parse', 'HEAD:b/c.json'),
  );
});

test('an object reader gives what is there, nothing for what is not or is something else, and outlives its git', async (t) => {
  const place = await createPlace(t);
  const { read } = createObjectReader(place);
  const id = place.git('rev-parse', 'HEAD:a.txt');
  async function readText(): Promise<string | null> {
    const bytes = await read(id, 'blob');
    return bytes === null ? null : Buffer.from(bytes).toString();
  }
  assert.equal(await readText(), 'text of a.txt\n');
  assert.equal(await read(id, 'tree'), null);
  assert.equal(await read('f'.repeat(40), 'blob'), null);
  assert.deepEqual(await Promise.all([readText(), read('f'.repeat(40), 'blob'), readText()]), [
    'text of a.txt\n',
    null,
    'text of a.txt\n',
  ]);
  const [, child] = listProcesses(process.pid);
  assert.ok(child !== undefined);
  process.kill(child, 'SIGKILL');
  const after = await Promise.all([readText(), readText()]);
  assert.ok(after.every((text) => text === null || text === 'text of a.txt\n'));
  assert.equal(await readText(), 'text of a.txt\n');
});

test('an object reader keeps no program from ending', async (t) => {
  const place = await createPlace(t);
  const id = place.git('rev-parse', 'HEAD:a.txt');
  const script = `import { createObjectReader } from ${JSON.stringify(SOURCE)};
    import { readFileSync } from 'node:fs';
    const { read } = createObjectReader({ folder: ${JSON.stringify(place.folder)}, environment: process.env });
    console.log((await read('${id}', 'blob')).length);
    process.on('exit', () => {
      const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8');
      console.log(children.trim() === '' ? 'ended' : 'there');
    });`;
  const args = ['--input-type=module', '-e', script];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  // Its git was still there.
  assert.deepEqual([stdout, stderr, status], ['14\nthere\n', '', 0]);
});
