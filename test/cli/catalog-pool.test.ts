import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Problem } from '../../src/base/problem.ts';
import {
  type CatalogPool,
  type CatalogThread,
  keepThread,
  openCatalogPool,
} from '../../src/cli/catalog-pool.ts';
import type { FileSource } from '../../src/cli/file-source.ts';
import { makePackageText } from '../support/catalog.ts';

const { signal } = new AbortController();
let folder = '';
let files: readonly FileSource[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-pool-'));
  const names = Array.from({ length: 40 }, (_, index) => `op${index}`);
  files = await Promise.all(
    names.map(async (name) => {
      const text = makePackageText(name, [{ version: '1.0.0', image: `r.example.com/${name}:1` }]);
      await writeFile(join(folder, name), text);
      return { path: name, size: text.length, content: join(folder, name) };
    }),
  );
});
after(() => rm(folder, { recursive: true }));

async function withPool<T>(size: number, work: (pool: CatalogPool) => Promise<T>): Promise<T> {
  const pool = openCatalogPool({ size, signal });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

function isError(problem: Problem): boolean {
  return problem.severity === 'error';
}

describe('openCatalogPool', () => {
  // The sizes say how many threads there are: none for little, as many as there are processors for much.
  for (const size of [0, 1e9])
    it(`answers in the order of the files, for ${size} bytes`, async () => {
      await withPool(size, async (pool) => {
        const large = files.map((file) => ({ ...file, size: 900_000 }));
        const judged = await pool.run({ kind: 'judge', files: large });
        assert.deepEqual(
          judged.map(({ parts }) => parts.map((part) => part.package)),
          files.map((file) => [file.path]),
        );
        const rendered = await pool.run({ kind: 'render', files: large, form: 'json' });
        assert.deepEqual(
          rendered.map(({ parts }) => parts.map((part) => part.package)),
          files.map((file) => [file.path]),
        );
        const first = Buffer.from(rendered[0]?.parts[0]?.text ?? []).toString();
        assert.match(first, /^\{\n {4}"schema": "olm.package",\n {4}"name": "op0"/);
      });
    });

  it('says which file cannot be read, and goes on', async () => {
    for (const size of [0, 1e9]) {
      const gone = { path: 'gone', size: 10, content: join(folder, 'gone') };
      const judged = await withPool(size, (pool) =>
        pool.run({ kind: 'judge', files: [gone, ...files.slice(0, 1)] }),
      );
      assert.deepEqual(
        judged.map(({ problems }) =>
          problems.filter(isError).map(({ code, file }) => [code, file]),
        ),
        [[['FILES_NOT_FOUND', 'gone']], []],
      );
    }
  });

  // Seen to fail where the pool was not told of the tasks.
  it('starts no thread where there is one task, however much it reads', async (t) => {
    let started = 0;
    function count(): void {
      started += 1;
    }
    process.on('worker', count);
    t.after(() => process.off('worker', count));
    for (const tasks of [1, 2]) {
      await openCatalogPool({ size: 1e9, tasks, signal }).close();
      assert.equal(started, Math.min(tasks, availableParallelism()) - 1);
    }
  });

  it('gives the tasks of whoever is busy to a thread that stays, however little they read, and leaves it running', async (t) => {
    const kept = keepThread();
    t.after(() => kept.stop());
    let asked = 0;
    const counted: CatalogThread = {
      ask(task) {
        asked += 1;
        return kept.ask(task);
      },
      stop: () => assert.fail('whoever keeps it ends it'),
    };
    for (const times of [1, 2]) {
      const pool = openCatalogPool({ size: 0, isBusy: true, kept: counted, signal });
      const [judged] = await pool.run({ kind: 'judge', files: files.slice(0, 1) });
      await pool.close();
      assert.equal(judged?.parts[0]?.package, 'op0');
      assert.equal(asked, times);
    }
  });

  it('takes no task after it was told to stop', async () => {
    const stopped = openCatalogPool({ size: 0, signal: AbortSignal.abort() });
    await assert.rejects(stopped.run({ kind: 'judge', files }), { name: 'AbortError' });
    await stopped.close();
  });
});
