import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { readIndexLayout, unpackIndex, writeIndexLayout } from '../../src/cli/rehearsal-layout.ts';
import { type BuiltIndex, buildIndexImage } from '../../src/index/build-index.ts';
import { inspectImage } from '../../src/index/describe-index.ts';
import type { IndexImage } from '../../src/index/read-index-image.ts';
import { createFakeRegistry } from '../fakes/registry.ts';
import { makeCatalog } from '../support/catalog.ts';

interface Written {
  readonly folder: string;
  readonly layout: string;
  readonly built: BuiltIndex;
}

async function writeLayout(t: TestContext): Promise<Written> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-layout-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const bundles = [{ version: '1.0.0', image: 'r.example/a:1' }];
  const built = await buildIndexImage({
    catalog: makeCatalog({ a: bundles, b: bundles }),
    cache: 'json',
    compression: 'gzip',
    platforms: ['linux/amd64', 'linux/arm64'],
    base: null,
    content: digestOf('content'),
    annotations: {},
  });
  const layout = join(folder, 'layout');
  await writeIndexLayout(layout, built);
  return { folder, layout, built };
}

function read({ layout, built }: Written): Promise<IndexImage> {
  return readIndexLayout(layout, built, createFakeRegistry());
}

test('readIndexLayout reads back what was built, and unpackIndex keeps the modes whatever the umask', async (t) => {
  const written = await writeLayout(t);
  const image = await read(written);
  assert.equal(image.imageId, written.built.imageId);
  assert.deepEqual(
    inspectImage(image).caches.flatMap(({ caches }) => caches.map(({ state }) => state)),
    ['right'],
  );
  const umask = process.umask(0o077);
  t.after(() => process.umask(umask));
  const { catalogFolder, cacheFolder } = await unpackIndex(join(written.folder, 'pod'), image);
  assert.ok(cacheFolder !== null);
  assert.deepEqual((await readdir(catalogFolder)).toSorted(), ['a', 'b']);
  assert.match(await readFile(join(cacheFolder, 'digest'), 'utf8'), /^[0-9a-f]{16}$/);
  for (const [path, mode] of [
    [catalogFolder, 0o755],
    [join(catalogFolder, 'a/catalog.json'), 0o644],
    [join(cacheFolder, 'cache'), 0o755],
    [join(cacheFolder, 'cache/packages.json'), 0o644],
  ] as const)
    assert.equal((await stat(path)).mode & 0o777, mode, path);
});

test('readIndexLayout names every blob that was changed, cut off or removed, and a changed index.json', async (t) => {
  const written = await writeLayout(t);
  const blobs = join(written.layout, 'blobs/sha256');
  const paths = [
    ...(await readdir(blobs)).map((name) => join(blobs, name)),
    join(written.layout, 'index.json'),
  ];
  assert.ok(paths.length > 6);
  for (const path of paths) {
    const bytes = await readFile(path);
    const middle = Math.floor(bytes.length / 2);
    const changed = Buffer.from(bytes);
    changed[middle] = (changed[middle] ?? 0) ^ 1;
    for (const damage of [changed, bytes.subarray(0, middle), null]) {
      if (damage === null) await rm(path);
      else await writeFile(path, damage);
      await assert.rejects(read(written), (error) => {
        assert.ok(isToolError(error, 'APPLY_LAYOUT_DAMAGED'), String(error));
        assert.ok(error.message.includes(relative(written.layout, path)), error.message);
        return true;
      });
      await writeFile(path, bytes);
    }
  }
  await read(written);
});

test('unpackIndex says where the disk refuses', async (t) => {
  const written = await writeLayout(t);
  const image = await read(written);
  await writeFile(join(written.folder, 'pod'), 'a file');
  await assert.rejects(unpackIndex(join(written.folder, 'pod'), image), (error) =>
    isToolError(error, 'FILES_UNWRITABLE'),
  );
});
