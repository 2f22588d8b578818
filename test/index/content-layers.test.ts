import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import tarStream from 'tar-stream';
import { digestOf } from '../../src/base/digest.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog, CatalogFile } from '../../src/catalog/types.ts';
import { createLayerBuilder } from '../../src/cli/build-layers.ts';
import { createLayerStore, type DiskLayerStore } from '../../src/files/layer-store.ts';
import {
  type BuildGroups,
  buildGroup,
  buildGroupsHere,
  type CacheChoice,
} from '../../src/index/build-group.ts';
import { inspectCache } from '../../src/index/cache/inspect-cache.ts';
import { LAYER_MODES, listTreeEntries } from '../../src/index/cache/tree-entries.ts';
import type { BuiltLayer } from '../../src/index/compress-layer.ts';
import { buildContentLayers } from '../../src/index/content-layers.ts';
import type { ContentLayers } from '../../src/index/layer-memory.ts';
import type { LayerStore } from '../../src/index/layer-store.ts';
import { makeCatalog } from '../support/catalog.ts';
import { renderCatalogFiles } from '../support/render-catalog-files.ts';

function catalogOf(versions: Readonly<Record<string, string>>): Catalog {
  return makeCatalog(
    Object.fromEntries(
      Object.entries(versions).map(([name, version]) => [
        name,
        [{ version, image: `r.example/${name}:${version}` }],
      ]),
    ),
  );
}

const NAMES = Array.from({ length: 90 }, (_, index) => `operator-${index}`);
const OLD = catalogOf(Object.fromEntries(NAMES.map((name) => [name, '1.0.0'])));
const NEW = catalogOf(
  Object.fromEntries(NAMES.map((name) => [name, name === 'operator-7' ? '1.1.0' : '1.0.0'])),
);

/** What an image of these layers holds; later layers win. */
async function readLayers(layers: readonly BuiltLayer[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { bytes } of layers) {
    assert.ok(bytes);
    const extract = tarStream.extract();
    extract.end(gunzipSync(bytes));
    for await (const entry of extract) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) {
        assert.ok(chunk instanceof Uint8Array);
        chunks.push(chunk);
      }
      const { name, type, mode } = entry.header;
      assert.equal(mode.toString(8), type === 'directory' ? '755' : '644', name);
      if (type === 'file') files.set(name, Buffer.concat(chunks));
    }
  }
  return files;
}

function below(folder: string, files: ReadonlyMap<string, Uint8Array>): readonly CatalogFile[] {
  return [...files].flatMap(([path, bytes]) =>
    path.startsWith(`${folder}/`) ? [{ path: path.slice(folder.length + 1), bytes }] : [],
  );
}

function build(catalog: Catalog, cache: CacheChoice = 'json'): Promise<ContentLayers> {
  return buildContentLayers({ catalog, cache, compression: 'gzip' });
}

function describeLayers({
  layers,
}: ContentLayers): readonly Pick<BuiltLayer, 'diffId' | 'descriptor'>[] {
  return layers.map(({ diffId, descriptor }) => ({ diffId, descriptor }));
}

const LOOSE = parseCatalog([
  { path: 'x.json', bytes: Buffer.from('{"schema": "example.com", "x": 1}') },
]).catalog.loose;

async function assertOnDisk(layers: readonly BuiltLayer[]): Promise<void> {
  for (const { file, descriptor } of layers)
    assert.equal(digestOf(await readFile(file ?? '')), descriptor.digest);
}

describe('buildContentLayers', () => {
  it('changes the layer of one group and the last one where one package changes', async () => {
    const [before, after] = [await build(OLD), await build(NEW)];
    const known = new Set(before.layers.map(({ diffId }) => diffId));
    const fresh = after.layers.filter(({ diffId }) => !known.has(diffId));
    assert.equal(before.layers.length, after.layers.length);
    assert.ok(before.layers.length > 25 && before.layers.length <= 33);
    assert.equal(fresh.length, 2);
    assert.equal(fresh[1], after.layers.at(-1));
  });

  it('takes over what did not change, with the same outcome', async () => {
    const before = await build(OLD);
    const [fresh, taken] = [
      await build(NEW),
      await buildContentLayers({ catalog: NEW, cache: 'json', compression: 'gzip', known: before }),
    ];
    assert.deepEqual(
      taken.layers.map(({ descriptor }) => descriptor),
      fresh.layers.map(({ descriptor }) => descriptor),
    );
    const same = taken.layers.filter((layer) => before.layers.includes(layer));
    assert.equal(same.length, taken.layers.length - 2);
  });

  it('brings the catalog and a cache whose digest is right', async () => {
    const before = await build(OLD);
    const { layers } = await buildContentLayers({
      catalog: NEW,
      cache: 'json',
      compression: 'gzip',
      known: before,
    });
    const files = await readLayers(layers);
    const configs = below('configs', files);
    // Each file ends in the eight bytes of white space that steer the digest of its group.
    const texts = configs.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()] as const);
    for (const [path, text] of texts) assert.match(text.slice(-8), /^[ \t\r\n]{8}$/, path);
    assert.deepEqual(
      new Map(texts.map(([path, text]) => [path, text.slice(0, -8)])),
      renderCatalogFiles(NEW),
    );
    const inspected = inspectCache({
      configs: [...listTreeEntries(configs, LAYER_MODES)],
      cache: [...listTreeEntries(below('tmp/cache', files), LAYER_MODES)],
    });
    assert.equal(inspected.contents, 'json');
    assert.deepEqual(
      inspected.caches.map(({ format, state }) => [format, state]),
      [['json', 'right']],
    );
  });

  it('is the same with layers of earlier processes, on threads, and with neither', async () => {
    const wanted = describeLayers(await build(NEW));
    const folder = await mkdtemp(join(tmpdir(), 'olmirror-content-'));
    try {
      function open(): DiskLayerStore {
        return createLayerStore({ folder, maxBytes: 1e9 });
      }
      const work = { catalog: NEW, cache: 'json', compression: 'gzip' } as const;
      await buildContentLayers({ ...work, catalog: OLD, store: open() });
      let built = 0;
      function buildGroups(...[jobs, onBuilt]: Parameters<BuildGroups>): ReturnType<BuildGroups> {
        built += jobs.length;
        // As a pool does that is told of much work, whatever there is.
        const large = jobs.map((job) => ({ ...job, size: 1e8 }));
        return createLayerBuilder(new AbortController().signal)(large, onBuilt);
      }
      const stored = await buildContentLayers({ ...work, store: open(), buildGroups });
      assert.equal(built, 1);
      assert.deepEqual(describeLayers(stored), wanted);
      await assertOnDisk(stored.layers);
      assert.deepEqual(describeLayers(await buildContentLayers({ ...work, buildGroups })), wanted);
      assert.equal(built, 1 + stored.layers.length - 1);

      // Seen to fail with the check taken out of findBlob, and out of readNote.
      for (const part of ['blobs', 'notes']) {
        for (const name of await readdir(join(folder, part)))
          await writeFile(join(folder, part, name), 'spoilt');
        const named = await buildContentLayers({ ...work, store: open(), withBytes: false });
        assert.deepEqual(describeLayers(named), wanted);
        const again = await buildContentLayers({ ...work, store: open(), withBytes: true });
        assert.deepEqual(describeLayers(again), wanted);
        await assertOnDisk(again.layers);
      }
      built = 0;
      const names = await buildContentLayers({
        ...work,
        store: open(),
        buildGroups,
        withBytes: false,
      });
      assert.deepEqual(describeLayers(names), wanted);
      assert.equal(built, 0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives the bytes of a layer back when the store has them, and keeps those that it has not', async () => {
    const rendered: Uint8Array[] = [];
    async function buildGroups(
      ...[jobs, onBuilt]: Parameters<BuildGroups>
    ): ReturnType<BuildGroups> {
      for (const [place, job] of jobs.entries()) {
        const group = buildGroup(await job.open());
        assert.ok(group);
        // Small ones share their memory.
        const bytes = new Uint8Array(group.layer.bytes);
        rendered.push(bytes);
        await onBuilt(place, { ...group, layer: { ...group.layer, bytes } });
      }
    }
    const folder = await mkdtemp(join(tmpdir(), 'olmirror-content-'));
    try {
      const store = createLayerStore({ folder, maxBytes: 1e9 });
      const work = { catalog: NEW, cache: 'json', compression: 'gzip', buildGroups } as const;
      await assertOnDisk((await buildContentLayers({ ...work, store })).layers);
      assert.ok(rendered.splice(0).every((bytes) => bytes.length === 0));
      const full = { ...store, readNote: async () => null, writeBlob: async () => null };
      const { layers } = await buildContentLayers({ ...work, store: full });
      for (const { bytes, descriptor } of layers)
        assert.equal(digestOf(bytes ?? new Uint8Array()), descriptor.digest);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('asks for the texts of a group when its turn comes, and lets them go before the next', async () => {
    const events: string[] = [];
    const names = Array.from({ length: 8 }, (_, i) => `p${i}`);
    const { layers, packages } = await buildContentLayers({
      catalog: catalogOf(Object.fromEntries(names.map((name) => [name, '1.0.0']))),
      cache: 'json',
      compression: 'gzip',
      openTexts: (order) => {
        events.push(`open ${[...order].join(' ')}`);
        return {
          take: async (asked) => void events.push(`take ${[...asked].join(' ')}`),
          release: (asked) => void events.push(`release ${[...asked].join(' ')}`),
          close: async () => void events.push('close'),
        };
      },
      buildGroups: (jobs, onBuilt) =>
        buildGroupsHere(jobs, async (...built) => {
          events.push('built');
          await onBuilt(...built);
        }),
    });
    const groups = [...packages.values()].map((group) => group.join(' '));
    assert.ok(groups.length > 3);
    assert.equal(groups.length, layers.length - 1);
    const [opened = '', ...others] = events;
    const turns = others.slice(0, -1).filter((event) => event.startsWith('take '));
    assert.equal(opened, `open ${turns.map((event) => event.slice('take '.length)).join(' ')}`);
    assert.deepEqual(turns.toSorted(), groups.map((group) => `take ${group}`).toSorted());
    assert.deepEqual(others, [
      ...turns.flatMap((turn) => [turn, turn.replace('take', 'release'), 'built']),
      'close',
    ]);
  });

  it('remembers a layer by all that decides about it', async () => {
    const keys = new Set<string>();
    const store: LayerStore = {
      readNote: (key) => {
        keys.add(key);
        return Promise.resolve(null);
      },
      writeNote: () => Promise.resolve(),
      findBlob: () => Promise.resolve(null),
      readRanges: () => Promise.resolve(null),
      writeBlob: () => Promise.resolve(null),
    };
    const one = catalogOf({ a: '1.0.0' });
    const variants = [
      { catalog: one, cache: 'json', compression: 'gzip' },
      { catalog: one, cache: 'none', compression: 'gzip' },
      { catalog: one, cache: 'json', compression: 'zstd' },
      { catalog: catalogOf({ a: '1.0.1' }), cache: 'json', compression: 'gzip' },
      { catalog: { ...one, loose: LOOSE }, cache: 'json', compression: 'gzip' },
    ] as const;
    for (const variant of variants) await buildContentLayers({ ...variant, store });
    // A group and what is shared, and the list of the group's layers, which does not say what the catalog holds;
    // the last variant has the group of the first.
    assert.equal(keys.size, 2 * variants.length - 1 + 3);
  });

  it('is the same image compressed by zstd', async () => {
    const gzip = await build(OLD);
    const zstd = await buildContentLayers({ catalog: OLD, cache: 'json', compression: 'zstd' });
    assert.deepEqual(
      zstd.layers.map(({ diffId }) => diffId),
      gzip.layers.map(({ diffId }) => diffId),
    );
    for (const [index, { bytes, descriptor }] of zstd.layers.entries()) {
      assert.equal(descriptor.mediaType, 'application/vnd.oci.image.layer.v1.tar+zstd');
      assert.ok(bytes);
      assert.ok(zstdDecompressSync(bytes).equals(gunzipSync(gzip.layers[index]?.bytes ?? '')));
    }
  });

  it('brings no cache where none is wanted, and a folder for no catalog at all', async () => {
    const files = await readLayers((await build(OLD, 'none')).layers);
    assert.deepEqual(below('tmp', files), []);
    assert.equal(below('configs', files).length, NAMES.length);
    const empty = await build({ packages: new Map(), loose: [] }, 'none');
    assert.equal(empty.layers.length, 1);
  });

  it('refuses a catalog that opm could not serve, and names what is wrong with it', async () => {
    const catalog = makeCatalog({ 'a/b': [{ version: '1.0.0', image: 'r.example/a:v1' }] });
    await assert.rejects(
      build(catalog),
      (error) => isToolError(error, 'INDEX_NOT_SERVABLE') && error.message.includes('a/b'),
    );
  });
});
