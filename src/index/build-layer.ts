import { promisify } from 'node:util';
import { gzip, type ZlibOptions } from 'node:zlib';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Descriptor } from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { renderTar, type TarEntry } from './tar-writer.ts';

export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** A layer that olmirror made. */
export interface BuiltLayer {
  /** Digest of the uncompressed tar: what the image id depends on. */
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** One file of a catalog folder. */
export interface IndexFile {
  /** Relative to the catalog's folder, `/`-separated. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Hides the catalog and the opm cache of the base image, which belong to its own content. */
export function buildWhiteoutLayer(): Promise<BuiltLayer> {
  const bytes = new Uint8Array(0);
  return compressEntries([
    { type: 'file', path: '.wh.configs', bytes },
    { type: 'file', path: 'tmp/.wh.cache', bytes },
  ]);
}

/**
 * A layer of these files, paths relative to the image's root, with the folders above them, and with
 * `folders` whether or not they hold one. `tmp` itself stays as the base image has it, since all may
 * write there. The same bytes for the same files in any order. Throws `INDEX_UNSAFE_PATH`.
 */
export function buildLayer(
  files: readonly IndexFile[],
  folders: readonly string[],
): Promise<BuiltLayer> {
  const entries = new Map<string, TarEntry>();
  for (const path of folders) entries.set(path, { type: 'directory', path });
  for (const { path, bytes } of files) {
    if (entries.has(path)) throw pathTaken(path);
    entries.set(path, { type: 'file', path, bytes });
    for (const parent of listParents(path)) {
      if (entries.get(parent)?.type === 'file') throw pathTaken(parent);
      if (parent !== 'tmp') entries.set(parent, { type: 'directory', path: parent });
    }
  }
  return compressEntries([...entries.values()].toSorted((a, b) => compareBytes(a.path, b.path)));
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

async function compressEntries(entries: readonly TarEntry[]): Promise<BuiltLayer> {
  const tar = Buffer.concat([...renderTar(entries)]);
  const bytes = await compress(tar);
  return {
    diffId: digestOf(tar),
    descriptor: { mediaType: OCI_LAYER, digest: digestOf(bytes), size: bytes.length },
    bytes,
  };
}

const gzipAsync = promisify<Uint8Array, ZlibOptions, Buffer>(gzip);

// Level and header are fixed. What deflate makes of the same input may still differ between zlib
// builds, which is why the image id rests on diff ids and never on the digest of compressed bytes.
async function compress(tar: Uint8Array): Promise<Uint8Array> {
  const bytes = await gzipAsync(tar, { level: 6 });
  bytes.fill(0, 4, 8);
  bytes[8] = 0;
  bytes[9] = 255;
  return bytes;
}
