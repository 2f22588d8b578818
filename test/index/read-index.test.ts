import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ImageSpec, makeLayer } from '../../scripts/lib/build-image.ts';
import { makeTar, type TarEntry } from '../../scripts/lib/make-tar.ts';
import { digestOf } from '../../src/base/digest.ts';
import { isToolError, type ToolError } from '../../src/base/tool-error.ts';
import { readImageFiles } from '../../src/index/read-files.ts';
import { readIndexCatalog, readIndexIdentity } from '../../src/index/read-index.ts';
import { createFakeRegistry } from '../fakes/registry.ts';

const CONFIGS = 'operators.operatorframework.io.index.configs.v1';
const FILES = {
  'configs/a/catalog.json': '{"a":1}',
  'configs/b/catalog.yaml': 'b',
  'etc/passwd': 'x',
};
const BASE: ImageSpec = {
  repository: 'idx',
  tags: ['v1'],
  labels: { [CONFIGS]: '/configs' },
  files: FILES,
};

async function read(image: Partial<ImageSpec>): Promise<Readonly<Record<string, string>>> {
  const registry = createFakeRegistry();
  registry.add({ ...BASE, ...image });
  const { files } = await readIndexCatalog(registry, 'idx', 'v1');
  return Object.fromEntries(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]));
}

function withLayer(...entries: readonly TarEntry[]): Partial<ImageSpec> {
  return { layers: [makeLayer(makeTar(entries))] };
}

function hasCode(code: ToolError['code'], message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isToolError(error, code), String(error));
    assert.match(`${error.message} ${error.hint}`, message);
    return error.hint !== undefined;
  };
}

const PLAIN = { 'a/catalog.json': '{"a":1}', 'b/catalog.yaml': 'b' };

test('readIndexCatalog reads gzip, zstd and plain layers, whatever their media type says', async () => {
  for (const compression of ['gzip', 'zstd', 'none'] as const) {
    assert.deepEqual(await read({ compression }), PLAIN, compression);
    assert.deepEqual(await read({ compression, docker: true }), PLAIN, compression);
    const layer = makeLayer(makeTar([{ name: 'configs/c', content: 'c' }]), compression);
    const layers = [{ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }];
    assert.deepEqual(await read({ layers }), { ...PLAIN, c: 'c' }, compression);
  }
});

test('readIndexCatalog says digest, image id, platforms and labels, of one platform and of several', async () => {
  const registry = createFakeRegistry();
  const single = registry.add({ ...BASE, entrypoint: ['/bin/opm'], cmd: ['serve', '/configs'] });
  const one = await readIndexCatalog(registry, 'idx', 'v1');
  assert.equal(one.digest, single);
  assert.equal(one.configsPath, '/configs');
  assert.deepEqual([one.entrypoint, one.cmd], [['/bin/opm'], ['serve', '/configs']]);
  const manifest: { config: { digest: string } } = JSON.parse(
    Buffer.from((await registry.getManifest('idx', 'v1')).bytes).toString(),
  );
  assert.equal(one.imageId, manifest.config.digest);

  const platforms = ['linux/s390x', 'linux/amd64', 'linux/arm64/v8'];
  const many = registry.add({ ...BASE, platforms, attestation: true });
  const identity = await readIndexIdentity(registry, 'idx', 'v1');
  assert.equal(identity.digest, many);
  assert.deepEqual(identity.platforms, platforms, 'an attestation is no platform');
  assert.deepEqual(identity.labels, BASE.labels);
  const lines = await Promise.all(
    platforms.map(async (platform) => {
      const alone = createFakeRegistry();
      alone.add({ ...BASE, platforms: [platform] });
      return `${platform} ${(await readIndexIdentity(alone, 'idx', 'v1')).imageId}\n`;
    }),
  );
  assert.equal(identity.imageId, digestOf(lines.toSorted().join('')));
  const { files } = await readIndexCatalog(registry, 'idx', many);
  assert.equal(files.length, 2);
});

const layerCases: readonly (readonly [
  string,
  readonly TarEntry[],
  Readonly<Record<string, string>>,
])[] = [
  ['a whiteout of a file', [{ name: 'configs/a/.wh.catalog.json' }], { 'b/catalog.yaml': 'b' }],
  ['a whiteout of a folder', [{ name: 'configs/.wh.a' }], { 'b/catalog.yaml': 'b' }],
  ['a whiteout of all', [{ name: '.wh.configs' }, { name: 'configs/c', content: 'c' }], { c: 'c' }],
  [
    'a whiteout after the new file of that name',
    [{ name: 'configs/a/catalog.json', content: 'new' }, { name: 'configs/a/.wh.catalog.json' }],
    { ...PLAIN, 'a/catalog.json': 'new' },
  ],
  [
    'an opaque folder, even after its new files',
    [{ name: './configs/a/n', content: 'n' }, { name: './configs/a/.wh..wh..opq' }],
    { 'a/n': 'n', 'b/catalog.yaml': 'b' },
  ],
  ['an opaque root', [{ name: '.wh..wh..opq' }, { name: 'configs/n', content: 'n' }], { n: 'n' }],
  [
    'a file in place of a folder',
    [{ name: '/configs/a', content: 'file' }],
    { a: 'file', 'b/catalog.yaml': 'b' },
  ],
  [
    'a folder in place of a file',
    [
      { name: 'configs/b/catalog.yaml/', type: 'directory' },
      { name: 'configs/b/catalog.yaml/x', content: 'x' },
    ],
    { 'a/catalog.json': '{"a":1}', 'b/catalog.yaml/x': 'x' },
  ],
  [
    'links to files inside',
    [
      { name: 'configs/l', type: 'symlink', linkname: './a/../l2' },
      { name: 'configs/l2', type: 'symlink', linkname: 'a/catalog.json' },
      { name: 'configs/h', type: 'link', linkname: '/configs/b/catalog.yaml' },
    ],
    { ...PLAIN, l: '{"a":1}', l2: '{"a":1}', h: 'b' },
  ],
  [
    'a folder of a similar name',
    [
      { name: 'configs-old/x', content: 'x' },
      { name: 'configs.wh.a', content: 'x' },
    ],
    PLAIN,
  ],
  [
    'names longer than a header holds',
    [{ name: `configs/${'long/'.repeat(40)}x`, content: 'x' }],
    { ...PLAIN, [`${'long/'.repeat(40)}x`]: 'x' },
  ],
  ['no entries', [], PLAIN],
];
for (const [name, entries, expected] of layerCases) {
  test(`readIndexCatalog applies ${name}`, async () => {
    assert.deepEqual(await read(withLayer(...entries)), expected);
  });
}

const unsafe: readonly (readonly [string, TarEntry])[] = [
  ['leaves the image', { name: '../../etc/x', content: 'x' }],
  ['leaves the image', { name: 'configs/../../x', content: 'x' }],
  ['points outside /configs', { name: 'configs/l', type: 'symlink', linkname: '/etc/passwd' }],
  [
    'points outside /configs',
    { name: 'configs/l', type: 'symlink', linkname: '/configs/a/catalog.json' },
  ],
  ['points outside /configs', { name: 'configs/l', type: 'symlink', linkname: '../etc/passwd' }],
  [
    'points outside /configs',
    { name: 'configs/l', type: 'symlink', linkname: '../../../etc/passwd' },
  ],
  ['points outside /configs', { name: 'configs/h', type: 'link', linkname: 'etc/passwd' }],
  ['points outside /configs', { name: 'configs/h', type: 'link', linkname: '../../etc/passwd' }],
  ['not a folder', { name: 'configs', type: 'symlink', linkname: '/etc' }],
  ['names no file', { name: 'configs/.wh...' }],
  ['link to no file', { name: 'configs/l', type: 'symlink', linkname: 'nowhere' }],
  ['link to no file', { name: 'configs/l', type: 'symlink', linkname: 'l' }],
  ['link to no file', { name: 'configs/l', type: 'symlink', linkname: 'a' }],
];
for (const [why, entry] of unsafe) {
  const target = entry.linkname === undefined ? '' : ` → ${entry.linkname}`;
  test(`readIndexCatalog refuses ${entry.name}${target}: ${why}`, async () => {
    await assert.rejects(read(withLayer(entry)), hasCode('INDEX_UNSAFE_PATH', new RegExp(why)));
  });
}

test('readIndexCatalog names the layer that is cut off or no archive', async () => {
  const tar = makeTar([{ name: 'configs/big', content: Buffer.alloc(100_000, 'abc') }]);
  for (const compression of ['gzip', 'zstd', 'none'] as const) {
    const layer = makeLayer(tar, compression);
    const bytes = layer.bytes.subarray(0, Math.floor(layer.bytes.length / 2));
    const broken = hasCode('INDEX_BAD_LAYER', new RegExp(`layer 2 of 2 .*${digestOf(bytes)}`));
    await assert.rejects(read({ layers: [{ ...layer, bytes }] }), broken, compression);
  }
  const bytes = Buffer.from('this is no archive at all. '.repeat(100));
  const layers = [{ bytes, mediaType: 'application/vnd.oci.image.layer.v1.tar' }];
  await assert.rejects(read({ layers }), hasCode('INDEX_BAD_LAYER', /layer 2 of 2/));
});

test('a digest failure of the reader at the end of a layer surfaces, though the archive was whole', async () => {
  const registry = createFakeRegistry();
  registry.add(BASE);
  const reader: typeof registry = {
    ...registry,
    async getBlob(repository, digest) {
      const blob = await registry.getBlob(repository, digest);
      return failAtEnd(blob, (await registry.getManifest(repository, 'v1')).bytes, digest);
    },
  };
  await assert.rejects(readIndexCatalog(reader, 'idx', 'v1'), /wrong content, says the reader/);
});

async function* failAtEnd(
  blob: AsyncIterable<Uint8Array>,
  manifest: Uint8Array,
  digest: string,
): AsyncGenerator<Uint8Array> {
  yield* blob;
  const { config }: { config: { digest: string } } = JSON.parse(Buffer.from(manifest).toString());
  if (config.digest !== digest) throw new Error('wrong content, says the reader');
}

test('readIndexCatalog refuses sqlite indexes and other images, and says what to do', async () => {
  const database = 'operators.operatorframework.io.index.database.v1';
  await assert.rejects(
    read({ labels: { [database]: '/d' } }),
    hasCode('INDEX_SQLITE', /opm render/),
  );
  await assert.rejects(read({ labels: { a: '1', b: '2' } }), hasCode('INDEX_NOT_AN_INDEX', /a, b/));
  const registry = createFakeRegistry();
  registry.add({ repository: 'idx', tags: ['v1'], files: FILES });
  await assert.rejects(
    readIndexCatalog(registry, 'idx', 'v1'),
    hasCode('INDEX_NOT_AN_INDEX', /no labels/),
  );
  assert.deepEqual((await readIndexIdentity(registry, 'idx', 'v1')).labels, {});
});

test('readImageFiles reads a folder of any image', async () => {
  const registry = createFakeRegistry();
  registry.add({
    repository: 'rel',
    tags: ['v1'],
    files: { 'release-manifests/image-references': 'r', x: 'y' },
  });
  const request = { repository: 'rel', reference: 'v1', folder: 'release-manifests' };
  const files = await readImageFiles(registry, request);
  assert.deepEqual(
    files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]),
    [['image-references', 'r']],
  );
  assert.deepEqual(await readImageFiles(registry, { ...request, folder: '/nowhere/' }), []);
});
