import assert from 'node:assert/strict';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { createLayerBuilder } from '../../src/cli/build-layers.ts';
import type { GroupJob, GroupTask } from '../../src/index/build-group.ts';
import { buildContentLayers } from '../../src/index/content-layers.ts';
import type { LayerRun } from '../../src/index/layer-run.ts';
import type { LayerStore } from '../../src/index/layer-store.ts';
import {
  AFTER,
  assertAsAnew,
  BEFORE,
  catalogOf,
  FIRST,
  SECOND,
  SMALL,
  THIRD,
  useLayerFolder,
} from '../support/watched-layers.ts';

const { path: folder, open, build } = useLayerFolder();

function blobPath(digest: `sha256:${string}`): string {
  return join(folder(), 'blobs', hexOf(digest));
}

/** Of the group's layer, which is the first. */
async function keepBefore(): Promise<{
  readonly path: string;
  readonly runs: readonly LayerRun[];
}> {
  const { layers, groups } = await build(BEFORE);
  const [key] = groups.keys();
  const note = await open().readNote(key ?? digestOf(''));
  const { runs }: { readonly runs: readonly (readonly [string, LayerRun])[] } = JSON.parse(
    note ?? '',
  );
  const digest = layers[0]?.descriptor.digest ?? digestOf('');
  return {
    path: blobPath(digest),
    runs: runs.flatMap(([owner, run]) => (owner === THIRD ? [] : [run])),
  };
}

async function assertRenderedAnew(store: LayerStore = open()): Promise<void> {
  const built = await build(AFTER, { store });
  assert.deepEqual(
    built.tasks.map(({ files, held }) => [files.length, held.length]),
    [
      [1, 2],
      [3, 0],
    ],
  );
  assert.deepEqual(built.texts, [[THIRD], [FIRST, SECOND, THIRD], [SECOND]]);
  await assertAsAnew(built, AFTER);
}

const LIES: readonly (readonly [string, (run: LayerRun) => LayerRun])[] = [
  ['more bytes than there are', (run) => ({ ...run, rawSize: run.rawSize + 512 })],
  ['fewer bytes than there are', (run) => ({ ...run, rawSize: run.rawSize - 512 })],
  [
    'bytes that are no deflate stream',
    (run) => ({ ...run, digest: digestOf(Buffer.alloc(run.size, 0xff)) }),
  ],
];

describe('takeHeld', () => {
  it('renders all anew where the earlier layer is gone', async () => {
    await rm((await keepBefore()).path);
    await assertRenderedAnew();
  });

  it('does so on another thread, too, and takes what is there', async () => {
    const { path } = await keepBefore();
    const whole = await readFile(path);
    for (const bytes of [whole, null]) {
      await rm(folder(), { recursive: true });
      await build(BEFORE);
      await (bytes === null ? rm(path) : writeFile(path, bytes));
      const opened: (readonly [number, number])[] = [];
      async function watch(job: GroupJob): Promise<GroupTask> {
        const task = await job.open();
        opened.push([task.files.length, task.held.length]);
        return task;
      }
      const layers = await buildContentLayers({
        catalog: catalogOf(AFTER),
        cache: 'json',
        compression: 'gzip',
        store: open(),
        buildGroups: (jobs, onBuilt) => {
          // As a pool does that is told of much work, whatever there is.
          const large = jobs.map((job) => ({ size: 1e8, open: () => watch(job) }));
          return createLayerBuilder(new AbortController().signal)(large, onBuilt);
        },
      });
      assert.deepEqual(
        opened,
        bytes === null
          ? [
              [1, 2],
              [3, 0],
            ]
          : [[1, 2]],
      );
      await assertAsAnew(layers, AFTER);
    }
  });

  it('renders all anew where the earlier layer is cut off', async () => {
    const { path, runs } = await keepBefore();
    const ends = runs.map(({ offset, size }) => offset + size);
    await truncate(path, Math.max(...ends) - 1);
    await assertRenderedAnew();
  });

  // Seen to fail with the digest not compared in inflateRun, and all of these with nothing tried again.
  it('renders all anew where a byte of a run is another', async () => {
    const { path, runs } = await keepBefore();
    const whole = await readFile(path);
    const tables = join(folder(), 'notes');
    const notes = await Promise.all(
      (await readdir(tables)).map(
        async (name) => [name, await readFile(join(tables, name))] as const,
      ),
    );
    assert.ok(runs.length >= 5);
    for (const { offset, size } of runs)
      for (const at of [offset, offset + Math.floor(size / 2), offset + size - 1]) {
        const spoilt = Buffer.from(whole);
        spoilt[at] = (spoilt[at] ?? 0) ^ 1;
        await rm(folder(), { recursive: true });
        await build({ [FIRST]: SMALL });
        for (const [name, note] of notes) await writeFile(join(tables, name), note);
        await writeFile(path, spoilt);
        await assertRenderedAnew();
      }
  });

  // Seen to fail with the sizes not compared in inflateRun, and with its catch taken out.
  for (const [name, change] of LIES)
    it(`renders all anew where a note tells of ${name}`, async () => {
      await keepBefore();
      const store = open();
      const isForged = name.includes('deflate');
      await assertRenderedAnew({
        ...store,
        readNote: async (key) => {
          const text = await store.readNote(key);
          if (text === null || !text.includes('"rawSize"')) return text;
          const { runs, ...note }: { readonly runs: readonly (readonly [string, LayerRun])[] } =
            JSON.parse(text);
          return JSON.stringify({
            ...note,
            runs: runs.map(([owner, run]) => [owner, change(run)]),
          });
        },
        readRanges: async (digest, ranges) =>
          isForged
            ? ranges.map(({ size }) => Buffer.alloc(size, 0xff))
            : store.readRanges(digest, ranges),
      });
    });
});
