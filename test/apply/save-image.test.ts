import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { saveImage } from '../../src/apply/save-image.ts';
import { type Digest, digestOf, hexOf } from '../../src/base/digest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/base/oci.ts';
import { createFakeRegistry, type FakeRegistry } from '../fakes/registry.ts';

const REPOSITORY = 'team/app';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

interface Saved {
  readonly isSaved: boolean;
  /** Sorted; null for no folder. */
  readonly files: readonly string[] | null;
  readonly folder: string;
}

async function save(
  t: TestContext,
  registry: FakeRegistry,
  image: { readonly digest: Digest; readonly mostBytes?: number },
): Promise<Saved> {
  const place = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
  t.after(() => rm(place, { recursive: true, force: true }));
  const folder = join(place, 'deep/folder:v1');
  const { digest, mostBytes = 1_000_000 } = image;
  const isSaved = await saveImage(
    registry,
    { repository: REPOSITORY, digest },
    {
      folder,
      mostBytes,
      async saveBlob(blob, path) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of blob) chunks.push(chunk);
        await writeFile(path, Buffer.concat(chunks));
      },
    },
  );
  const files = await readdir(folder).then(
    (names) => names.toSorted(),
    () => null,
  );
  return { isSaved, files, folder };
}

interface Manifest {
  readonly said?: string;
  /** As the registry calls it. */
  readonly mediaType: string;
  readonly fields: object;
}

const CONFIG = Buffer.from('{}');
const LAYER = Buffer.from('a layer');

function describe(bytes: Buffer, mediaType: string): object {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

const LAYERS = [describe(LAYER, 'application/vnd.oci.image.layer.v1.tar')];

function put(registry: FakeRegistry, { said, mediaType, fields }: Manifest): Digest {
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, ...(said && { mediaType: said }), ...fields }),
  );
  for (const blob of [CONFIG, LAYER]) registry.storeBlob(digestOf(blob), blob);
  const digest = digestOf(bytes);
  registry.store(REPOSITORY, digest, { digest, mediaType, bytes });
  return digest;
}

test('saveImage writes an image as skopeo has it in a folder, each file by its digest', async (t) => {
  const registry = createFakeRegistry();
  const digest = registry.add({ repository: REPOSITORY, files: { a: '1' } });
  const { isSaved, files, folder } = await save(t, registry, { digest });
  assert.equal(isSaved, true);
  assert.equal(digestOf(await readFile(join(folder, 'manifest.json'))), digest);
  const blobs = files?.filter((name) => !['manifest.json', 'version'].includes(name)) ?? [];
  assert.equal(blobs.length, 2);
  for (const name of blobs) assert.equal(hexOf(digestOf(await readFile(join(folder, name)))), name);
  assert.equal(
    await readFile(join(folder, 'version'), 'utf8'),
    'Directory Transport Version: 1.1\n',
  );
});

test('saveImage writes an index with each of its platforms', async (t) => {
  const registry = createFakeRegistry();
  const platforms = ['linux/amd64', 'linux/arm64'];
  const digest = registry.add({ repository: REPOSITORY, files: { a: '1' }, platforms });
  const { isSaved, files, folder } = await save(t, registry, { digest });
  assert.equal(isSaved, true);
  const { manifests }: { manifests: { digest: Digest }[] } = JSON.parse(
    await readFile(join(folder, 'manifest.json'), 'utf8'),
  );
  for (const child of manifests) {
    const name = `${hexOf(child.digest)}.manifest.json`;
    assert.equal(digestOf(await readFile(join(folder, name))), child.digest);
  }
  assert.equal(
    files?.length,
    2 + 2 + 3,
    'two manifests, two configs and the layer that they share',
  );
});

for (const [name, manifest] of Object.entries<Manifest>({
  'that says its type': {
    said: OCI_MANIFEST,
    mediaType: OCI_MANIFEST,
    fields: { config: describe(CONFIG, 'application/vnd.example+json'), layers: LAYERS },
  },
  'of OCI that says none, with a config of OCI': {
    mediaType: OCI_MANIFEST,
    fields: { config: describe(CONFIG, OCI_CONFIG), layers: LAYERS },
  },
}))
  test(`saveImage writes an image ${name}`, async (t) => {
    const registry = createFakeRegistry();
    const { isSaved, files } = await save(t, registry, { digest: put(registry, manifest) });
    assert.deepEqual([isSaved, files?.length], [true, 4]);
  });

// Seen to fail: each with its own condition taken out of save-image.ts.
for (const [name, manifest] of Object.entries<Manifest>({
  'that the registry calls by another type than it does itself': {
    said: OCI_MANIFEST,
    mediaType: DOCKER_MANIFEST,
    fields: { config: describe(CONFIG, OCI_CONFIG), layers: LAYERS },
  },
  'that says a type that skopeo does not know': {
    said: 'application/vnd.example.manifest+json',
    mediaType: 'application/vnd.example.manifest+json',
    fields: { config: describe(CONFIG, OCI_CONFIG), layers: LAYERS },
  },
  'of OCI that says no type, with a config of something else': {
    mediaType: OCI_MANIFEST,
    fields: { config: describe(CONFIG, 'application/vnd.example+json'), layers: LAYERS },
  },
  "of Docker's that says no type": {
    mediaType: DOCKER_MANIFEST,
    fields: { config: describe(CONFIG, OCI_CONFIG), layers: LAYERS },
  },
  'of which a layer lies elsewhere': {
    said: OCI_MANIFEST,
    mediaType: OCI_MANIFEST,
    fields: {
      config: describe(CONFIG, OCI_CONFIG),
      layers: LAYERS.map((layer) => ({ ...layer, urls: ['https://example.com/layer'] })),
    },
  },
  'of OCI that says no type, whose config is nothing': {
    mediaType: OCI_MANIFEST,
    fields: { config: null, layers: LAYERS },
  },
  'index of something else than manifests': {
    said: OCI_INDEX,
    mediaType: OCI_INDEX,
    fields: { manifests: [null] },
  },
  'index of nothing': { mediaType: OCI_INDEX, fields: { manifests: [] } },
}))
  test(`saveImage leaves an image ${name} to a copy of its own`, async (t) => {
    const registry = createFakeRegistry();
    const { isSaved, files } = await save(t, registry, { digest: put(registry, manifest) });
    assert.deepEqual([isSaved, files], [false, null]);
  });

test('saveImage leaves an index within an index to a copy of its own', async (t) => {
  const registry = createFakeRegistry();
  const fields = { config: describe(CONFIG, OCI_CONFIG), layers: LAYERS };
  const image = put(registry, { said: OCI_MANIFEST, mediaType: OCI_MANIFEST, fields });
  const inner = put(registry, {
    said: OCI_INDEX,
    mediaType: OCI_INDEX,
    fields: { manifests: [{ mediaType: OCI_MANIFEST, digest: image, size: 1 }] },
  });
  const outer = put(registry, {
    said: OCI_INDEX,
    mediaType: OCI_INDEX,
    fields: { manifests: [{ mediaType: OCI_INDEX, digest: inner, size: 1 }] },
  });
  assert.equal((await save(t, registry, { digest: inner })).isSaved, true);
  const { isSaved, files } = await save(t, registry, { digest: outer });
  assert.deepEqual([isSaved, files], [false, null]);
});

test('saveImage leaves an image of more bytes to a copy of its own, and asks for none of them', async (t) => {
  const registry = createFakeRegistry();
  const fields = { config: describe(CONFIG, OCI_CONFIG), layers: LAYERS };
  const digest = put(registry, { said: OCI_MANIFEST, mediaType: OCI_MANIFEST, fields });
  const bytes = CONFIG.length + LAYER.length;
  assert.equal((await save(t, registry, { digest, mostBytes: bytes })).isSaved, true);
  const before = registry.countRequests();
  const { isSaved, files } = await save(t, registry, { digest, mostBytes: bytes - 1 });
  assert.deepEqual([isSaved, files], [false, null]);
  assert.equal(registry.countRequests() - before, 1);
});
