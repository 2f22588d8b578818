import { createHash, type Hash } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Descriptor } from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { piecesOf } from '../catalog/cache/pieced-file.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { gzipChunks } from './gzip-chunks.ts';
import { renderTar, type TarEntry } from './tar-writer.ts';

export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** A layer that olmirror made. */
export interface BuiltLayer {
  /** Digest of the uncompressed tar: what the image id depends on. */
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  /** Null where `file` holds them, or nobody asked for them. */
  readonly bytes: Uint8Array | null;
  readonly file: string | null;
}

/** A layer that was just built. */
export interface RenderedLayer extends BuiltLayer {
  readonly bytes: Uint8Array;
  readonly file: null;
}

export interface LayerOptions {
  readonly folders: readonly string[];
  readonly compression: Compression;
}

/**
 * A layer of these files, paths relative to the image's root, with the folders above them, and with
 * `folders` whether or not they hold one. `tmp` itself stays as the base image has it, since all may
 * write there. The same bytes for the same files in any order. Throws `INDEX_UNSAFE_PATH`.
 */
export function buildLayer(
  files: readonly CatalogFile[],
  { folders, compression }: LayerOptions,
): RenderedLayer {
  const entries = new Map<string, TarEntry>();
  for (const path of folders) entries.set(path, { type: 'directory', path });
  for (const file of files) {
    const { path } = file;
    if (entries.has(path)) throw pathTaken(path);
    entries.set(path, { type: 'file', path, pieces: piecesOf(file) });
    for (const parent of listParents(path)) {
      if (entries.get(parent)?.type === 'file') throw pathTaken(parent);
      if (parent !== 'tmp') entries.set(parent, { type: 'directory', path: parent });
    }
  }
  const sorted = [...entries.values()].toSorted((a, b) => compareBytes(a.path, b.path));
  return compressEntries(sorted, compression);
}

function listParents(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function pathTaken(path: string): ToolError {
  return new ToolError(
    'INDEX_UNSAFE_PATH',
    `Two entries of the catalog have the path ${JSON.stringify(path)}.`,
    {
      hint: 'A path may stand for one file or one folder only.',
    },
  );
}

/** A layer of these entries, as they are. */
export function compressEntries(
  entries: readonly TarEntry[],
  compression: Compression,
): RenderedLayer {
  const { mediaType, compress } = COMPRESSIONS[compression];
  const hash = createHash('sha256');
  const bytes = compress(hashChunks(renderTar(entries), hash));
  return {
    diffId: `sha256:${hash.digest('hex')}`,
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    bytes,
    file: null,
  };
}

function* hashChunks(chunks: Iterable<Uint8Array>, hash: Hash): Generator<Uint8Array> {
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** How layers are compressed. The image id rests on diff ids, so it is the same for all. */
export type Compression = 'gzip' | 'zstd';

interface Compressor {
  readonly mediaType: string;
  readonly compress: (tar: Iterable<Uint8Array>) => Uint8Array;
}

// Levels and headers are fixed. What deflate makes of the same input may still differ between zlib
// builds, which is why the image id rests on diff ids and never on the digest of compressed bytes.
const COMPRESSIONS: Readonly<Record<Compression, Compressor>> = {
  gzip: { mediaType: OCI_LAYER, compress: gzipChunks },
  zstd: {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
    // A catalog says the same over and over, far apart: zstd sees that, and gzip looks back 32 kB.
    compress: (tar) =>
      zstdCompressSync(Buffer.concat([...tar]), {
        params: { [constants.ZSTD_c_compressionLevel]: 3 },
      }),
  },
};
