import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import tarStream from 'tar-stream';
import { isToolError } from '../../src/base/tool-error.ts';
import { renderEntry, TAR_END, type TarEntry } from '../../src/index/tar-writer.ts';

const LONG = `${'folder-with-a-long-name/'.repeat(12)}catalog.json`;

interface ReadEntry {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly mtime: number;
  readonly owner: string;
  readonly content: string;
}

async function readTar(bytes: Uint8Array): Promise<readonly ReadEntry[]> {
  const extract = tarStream.extract();
  extract.end(bytes);
  const entries: ReadEntry[] = [];
  for await (const entry of extract) {
    const { name, type, mode, mtime, uid, gid } = entry.header;
    entries.push({
      name: name.replace(/\/$/, ''),
      type: type ?? '',
      mode: mode ?? 0,
      mtime: mtime?.getTime() ?? -1,
      owner: `${uid}:${gid}`,
      content: await text(entry),
    });
  }
  return entries;
}

function file(path: string, content: string): TarEntry {
  return { type: 'file', path, bytes: Buffer.from(content) };
}

function renderTar(entries: readonly TarEntry[]): Uint8Array {
  return Buffer.concat([...entries.flatMap((entry) => [...renderEntry(entry)]), TAR_END]);
}

test('renderEntry writes entries that tar-stream reads back with fixed modes, owner and time', async () => {
  const entries: TarEntry[] = [
    { type: 'directory', path: 'configs' },
    file('configs/a.json', '{}'),
    file(LONG, 'long'),
    file('configs/ünïcode-名前', 'x'.repeat(513)),
    { type: 'directory', path: LONG.replace('/catalog.json', '/more') },
  ];
  const read = await readTar(renderTar(entries));
  assert.deepEqual(
    read.map((entry) => entry.name),
    entries.map((entry) => entry.path),
  );
  assert.deepEqual(read[3]?.content, 'x'.repeat(513));
  for (const entry of read) {
    assert.equal(entry.owner, '0:0');
    assert.equal(entry.mtime, 0);
    assert.equal(entry.mode, entry.type === 'directory' ? 0o755 : 0o644);
  }
});

test('renderEntry writes what the system tar lists without complaint', () => {
  const entries: TarEntry[] = [
    { type: 'directory', path: 'configs' },
    file('configs/a', 'abc'),
    file(LONG, 'long'),
  ];
  const listed = execFileSync('tar', ['-tvf', '-', '--numeric-owner'], {
    input: renderTar(entries),
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
    encoding: 'utf8',
  });
  const lines = listed
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '));
  assert.deepEqual(lines, [
    'drwxr-xr-x 0/0 0 1970-01-01 00:00 configs/',
    '-rw-r--r-- 0/0 3 1970-01-01 00:00 configs/a',
    `-rw-r--r-- 0/0 4 1970-01-01 00:00 ${LONG}`,
  ]);
});

test('renderEntry gives back every path and content, whatever characters and lengths they have', async () => {
  const part = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((name) => !/[/\0]/.test(name) && name !== '.' && name !== '..');
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
  const entry = fc.record({ path, content: fc.string({ maxLength: 1200 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 4 }), async (list) => {
      const read = await readTar(renderTar(list.map((item) => file(item.path, item.content))));
      assert.deepEqual(
        read.map(({ name, content }) => [name, content]),
        list.map((item) => [item.path, Buffer.from(item.content).toString()]),
      );
    }),
    { numRuns: 60 },
  );
});

for (const path of ['../etc/x', '/etc/x', 'a//b', 'a/./b', 'a/..', '', 'a\0b']) {
  test(`renderEntry refuses the path ${JSON.stringify(path)}`, () => {
    assert.throws(
      () => renderTar([file(path, '')]),
      (error) => isToolError(error, 'INDEX_UNSAFE_PATH'),
    );
  });
}
