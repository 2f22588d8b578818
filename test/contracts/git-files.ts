import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeBytes } from '../../src/base/own-bytes.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import type { CommitFiles } from '../../src/git/port.ts';
import type { GitWorld } from './git.ts';

/** What `openFiles` of every `GitPort` does, asked of one kind of it. */
export function describeFilesContract(
  kind: string,
  openWorld: () => GitWorld | Promise<GitWorld>,
): void {
  test(`${kind}: openFiles gives the files of a commit by its full id, and no others`, async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const { git } = world;
    await world.write('a/b', '1');
    await world.write('c', '1');
    const first = await world.commit('First');
    await world.write('a/b', '2');
    await world.remove('c');
    await world.commit('Second');
    const files = git.openFiles(first);
    const snapshot = await git.openCommit(first);
    assert.equal(files.revision, first);
    assert.deepEqual(await files.listFiles('a'), await snapshot.listFiles('a'));
    assert.deepEqual(await readTexts(files, ''), ['a/b=1', 'c=1']);
    assert.equal(await readText(git.enter(`${git.prefix}a`).openFiles(first), 'b'), '1');
    assert.equal(await files.readFile('b'), null);
    const missing = git.openFiles(first.replaceAll(/./g, '0'));
    for (const ask of [() => missing.listFiles(''), () => missing.readFile('c')])
      await assert.rejects(
        async () => ask(),
        (error) => isToolError(error, 'GIT_FAILED'),
      );
    for (const name of ['HEAD', '--help', first.slice(0, 12), `${first}:a`])
      assert.throws(
        () => git.openFiles(name),
        (error) => isToolError(error, 'GIT_UNKNOWN_REVISION'),
      );
  });
}

// Few files are read in another way than many.
const SOME = [3, 30];

/** Whose the bytes are that `readFiles` gives, asked of one kind of `GitPort`. */
export function describeBytesContract(
  kind: string,
  openWorld: () => GitWorld | Promise<GitWorld>,
): void {
  test(`${kind}: bytes that were read may be given away, and are read whole again`, async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const text = 'x'.repeat(100_000);
    for (const index of Array.from({ length: Math.max(...SOME) }).keys())
      await world.write(`f${index}`, index === 1 ? '' : `${index}\n${text}`);
    const snapshot = await world.git.openCommit(await world.commit('First'));
    const all = await snapshot.listFiles('');
    for (const count of SOME)
      for (const round of [1, 2]) {
        const sizes: number[] = [];
        for await (const { bytes } of snapshot.readFiles(all.slice(0, count))) {
          sizes.push(bytes.length);
          freeBytes(bytes);
        }
        assert.equal(sizes.length, count, `round ${round}`);
        assert.ok(sizes.every((size) => size === 0 || size > text.length));
        assert.equal(sizes.filter((size) => size === 0).length, 1);
      }
  });
}

async function readText(files: CommitFiles, path: string): Promise<string> {
  return Buffer.from((await files.readFile(path)) ?? []).toString();
}

async function readTexts(files: CommitFiles, path: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { file, bytes } of files.readFiles(await files.listFiles(path)))
    texts.push(`${file.path}=${Buffer.from(bytes).toString()}`);
  return texts;
}
