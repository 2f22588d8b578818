// Run as a process of its own: builds one index image as the command line says, and prints what came of it.

import type { ContentReader } from '../../src/base/oci.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { readSource } from '../../src/cli/read-source.ts';
import { buildIndexImage } from '../../src/index/build-index.ts';
import { readIndexBase } from '../../src/index/read-base.ts';
import { readIndexCatalog } from '../../src/index/read-index.ts';
import { createFakeRegistry } from '../fakes/registry.ts';

export interface BuildOnce {
  /** A folder with a catalog. */
  readonly source: string;
  /** Read from a registry that gives so many bytes at a time; null: from the folder itself. */
  readonly chunk: number | null;
  readonly compression: 'gzip' | 'zstd';
}

export interface BuiltOnce {
  readonly node: string;
  /** Versions of what compresses. */
  readonly zlib: string;
  readonly imageId: string;
  /** Of the same without a base. */
  readonly scratchId: string;
  readonly diffIds: readonly string[];
  /** Of layers as they are pushed. */
  readonly digests: readonly string[];
  readonly manifest: string;
}

const PLATFORMS = ['linux/arm64', 'linux/amd64'];

/** A registry that gives every blob in pieces of so many bytes. */
function cutBlobs(reader: ContentReader, chunk: number | null): ContentReader {
  return {
    getManifest: (...request) => reader.getManifest(...request),
    getBlob: async (...request) => {
      const blob = await reader.getBlob(...request);
      return chunk === null ? blob : cut(blob, chunk);
    },
  };
}

async function* cut(blob: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  for await (const bytes of blob)
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function buildOnce({ source, chunk, compression }: BuildOnce): Promise<BuiltOnce> {
  const fake = createFakeRegistry();
  const registry = cutBlobs(fake, chunk);
  const base = fake.add({
    repository: 'opm',
    platforms: PLATFORMS,
    files: { 'bin/opm': 'opm', 'etc/nsswitch.conf': 'hosts: files\n' },
    labels: { vendor: 'Example' },
    entrypoint: ['/bin/opm'],
  });
  const context = {
    folder: process.cwd(),
    manifest: null,
    insecure: false,
    openRegistry: failToOpen,
    openGit: failToOpen,
  };
  const read = await readSource(source, null, context);
  const files = chunk === null ? read.files : await passThroughRegistry(read.files);
  const { catalog, problems } = parseCatalog(files);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const scratch = {
    catalog,
    cache: 'json' as const,
    compression,
    platforms: PLATFORMS,
    base: null,
    content: hashCatalog(catalog),
    labels: { b: '2', a: '1' },
    annotations: { 'org.opencontainers.image.revision': 'f'.repeat(40) },
  };
  const built = await buildIndexImage({
    ...scratch,
    base: await readIndexBase(registry, 'opm', { reference: base, platforms: PLATFORMS }),
  });
  const layers = [...built.content.layers];
  return {
    node: process.versions.node,
    zlib: `${process.versions.zlib} ${process.versions['zstd'] ?? ''}`,
    imageId: built.imageId,
    scratchId: (await buildIndexImage(scratch)).imageId,
    diffIds: layers.map(({ diffId }) => diffId),
    digests: layers.map(({ descriptor }) => descriptor.digest),
    manifest: built.digest,
  };

  async function passThroughRegistry(
    given: typeof read.files,
  ): Promise<readonly { readonly path: string; readonly bytes: Uint8Array }[]> {
    const digest = fake.add({
      repository: 'delivered',
      files: Object.fromEntries(given.map((file) => [`configs/${file.path}`, file.bytes])),
      labels: { 'operators.operatorframework.io.index.configs.v1': '/configs' },
    });
    return (await readIndexCatalog(registry, 'delivered', digest)).files;
  }
}

function failToOpen(): never {
  throw new Error('Nothing but the folder is to be read.');
}

if (process.argv[2] !== undefined)
  process.stdout.write(JSON.stringify(await buildOnce(JSON.parse(process.argv[2]))));
