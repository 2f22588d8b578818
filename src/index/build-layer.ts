import { promisify } from 'node:util';
import { gzip, type ZlibOptions } from 'node:zlib';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Descriptor } from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { groupFiles } from './group-files.ts';
import { renderTar, type TarEntry } from './tar-writer.ts';

export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** A layer that olmirror made. */
export interface BuiltLayer {
  /** Digest of the uncompressed tar: what the image id depends on. */
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface IndexFile {
  /** Relative to /configs, `/`-separated. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Holds the catalog under /configs, several packages a layer: a change of one package changes one
 * layer (`groupFiles`). The same layers for the same files in any order.
 */
export async function buildContentLayers(
  files: readonly IndexFile[],
): Promise<readonly BuiltLayer[]> {
  const entries = listContentEntries(files);
  const below = entries.filter(({ path }) => path !== CONFIGS);
  const groups = groupFiles(below.map((entry) => ({ path: placeOf(entry), entry })));
  const root: TarEntry = { type: 'directory', path: CONFIGS };
  if (groups.length === 0) return [await buildLayer([root])];
  return buildEach(groups.map((group) => [root, ...group.map(({ entry }) => entry)]));
}

// A folder belongs where its files do.
function placeOf({ type, path }: TarEntry): string {
  const place = path.slice(`${CONFIGS}/`.length);
  return type === 'directory' ? `${place}/` : place;
}

/** Tars in memory at a time; zlib compresses them on threads of its own. */
const AT_ONCE = 3;

async function buildEach(groups: readonly (readonly TarEntry[])[]): Promise<readonly BuiltLayer[]> {
  const layers: Promise<BuiltLayer>[] = [];
  for (const group of groups) {
    await layers.at(-AT_ONCE);
    layers.push(buildLayer(group));
  }
  return Promise.all(layers);
}

const CONFIGS = 'configs';

/** Hides the catalog and the opm cache of the base image, which belong to its own content. */
export function buildWhiteoutLayer(): Promise<BuiltLayer> {
  const bytes = new Uint8Array(0);
  return buildLayer([
    { type: 'file', path: '.wh.configs', bytes },
    { type: 'file', path: 'tmp/.wh.cache', bytes },
  ]);
}

function listContentEntries(files: readonly IndexFile[]): readonly TarEntry[] {
  const entries = new Map<string, TarEntry>([[CONFIGS, { type: 'directory', path: CONFIGS }]]);
  for (const file of files) {
    const path = `${CONFIGS}/${file.path}`;
    if (entries.has(path)) throw pathTaken(file.path);
    entries.set(path, { type: 'file', path, bytes: file.bytes });
    for (const parent of listParents(path)) {
      if (entries.get(parent)?.type === 'file') throw pathTaken(parent);
      entries.set(parent, { type: 'directory', path: parent });
    }
  }
  return [...entries.values()].toSorted((a, b) => compareBytes(a.path, b.path));
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

async function buildLayer(entries: readonly TarEntry[]): Promise<BuiltLayer> {
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
