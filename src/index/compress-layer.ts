import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { constants, zstdCompressSync } from 'node:zlib';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Descriptor } from '../base/oci.ts';
import { createGzipWriter, type LayerWriter } from './gzip-writer.ts';
import { type HeldRun, inflateRun, type LayerRun } from './layer-run.ts';
import { renderEntry, TAR_END, type TarEntry } from './tar-writer.ts';

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

/** An entry, or the entries of a run, at its place among the others. */
export interface LayerItem {
  /** Of the entry, or of the first one of the run. */
  readonly path: string;
  /** Whose it is; null for what the layer has anyhow. */
  readonly owner: string | null;
  readonly content: TarEntry | HeldRun;
}

export interface CompressedLayer {
  readonly layer: RenderedLayer;
  /** With their owners. None with zstd: its layer is one frame, out of which nothing can be taken. */
  readonly runs: readonly (readonly [string, LayerRun])[];
}

/** A layer of these entries, as they are. */
export function compressEntries(
  entries: readonly TarEntry[],
  compression: Compression,
): RenderedLayer {
  return compressOwn(
    entries.map((entry) => ({ path: entry.path, owner: null, content: entry })),
    compression,
  );
}

/** As `compressItems`, where none is held. */
export function compressOwn(items: readonly LayerItem[], compression: Compression): RenderedLayer {
  const built = compressItems(items, compression);
  if (built === null) throw new Error('A layer was refused, and nothing in it was held.');
  return built.layer;
}

/**
 * A layer of these items, in their order; entries of one owner in one folder are a run. The same
 * bytes whether a run is rendered or held. Null where a held run is not what it was; with zstd there
 * must be none.
 */
export function compressItems(
  items: readonly LayerItem[],
  compression: Compression,
): CompressedLayer | null {
  const { mediaType, open, hasRuns } = COMPRESSIONS[compression];
  const hash = createHash('sha256');
  const writer = open();
  const runs: (readonly [string, Omit<LayerRun, 'digest'>])[] = [];
  function write(chunk: Uint8Array): number {
    hash.update(chunk);
    writer.write(chunk);
    return chunk.length;
  }
  function copy(run: HeldRun): number | null {
    const raw = inflateRun(run);
    if (raw === null) return null;
    hash.update(raw);
    writer.copy(run.bytes, raw);
    return raw.length;
  }
  for (const { owner, path, entries, held } of groupItems(items)) {
    const offset = owner === null ? 0 : writer.cut();
    const rawSize = held === null ? sumWritten(entries, write) : copy(held);
    if (rawSize === null) return null;
    if (owner !== null) runs.push([owner, { path, offset, size: writer.cut() - offset, rawSize }]);
  }
  write(TAR_END);
  const bytes = writer.end();
  const layer: RenderedLayer = {
    diffId: `sha256:${hash.digest('hex')}`,
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    bytes,
    file: null,
  };
  return { layer, runs: hasRuns ? runs.map(([owner, run]) => [owner, sealRun(run, bytes)]) : [] };
}

function sumWritten(entries: readonly TarEntry[], write: (chunk: Uint8Array) => number): number {
  let size = 0;
  for (const entry of entries) for (const chunk of renderEntry(entry)) size += write(chunk);
  return size;
}

function sealRun(run: Omit<LayerRun, 'digest'>, layer: Uint8Array): LayerRun {
  return { ...run, digest: digestOf(layer.subarray(run.offset, run.offset + run.size)) };
}

interface ItemGroup {
  readonly owner: string | null;
  readonly path: string;
  readonly entries: TarEntry[];
  readonly held: HeldRun | null;
}

function groupItems(items: readonly LayerItem[]): readonly ItemGroup[] {
  const groups: ItemGroup[] = [];
  for (const { owner, path, content } of items) {
    if (!isEntry(content)) {
      groups.push({ owner, path, entries: [], held: content });
      continue;
    }
    const last = groups.at(-1);
    if (last !== undefined && last.held === null && isSameRun(last, { owner, path }))
      last.entries.push(content);
    else groups.push({ owner, path, entries: [content], held: null });
  }
  return groups;
}

function isEntry(content: LayerItem['content']): content is TarEntry {
  return 'type' in content;
}

type RunPlace = Pick<LayerItem, 'owner' | 'path'>;

function isSameRun(a: RunPlace, b: RunPlace): boolean {
  return a.owner === b.owner && (a.owner === null || dirname(a.path) === dirname(b.path));
}

/** How layers are compressed. The image id rests on diff ids, so it is the same for all. */
export type Compression = 'gzip' | 'zstd';

interface Compressor {
  readonly mediaType: string;
  readonly open: () => LayerWriter;
  readonly hasRuns: boolean;
}

// Levels and headers are fixed. What deflate makes of the same input may still differ between zlib
// builds, which is why the image id rests on diff ids and never on the digest of compressed bytes.
const COMPRESSIONS: Readonly<Record<Compression, Compressor>> = {
  gzip: { mediaType: OCI_LAYER, open: createGzipWriter, hasRuns: true },
  zstd: {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
    open: createZstdWriter,
    hasRuns: false,
  },
};

// A catalog says the same over and over, far apart: zstd sees that, and gzip looks back 32 kB. So
// there is one frame, without cuts.
function createZstdWriter(): LayerWriter {
  const chunks: Uint8Array[] = [];
  return {
    write: (chunk) => void chunks.push(chunk),
    cut: () => 0,
    copy() {
      throw new Error('A frame of zstd holds nothing that was compressed before.');
    },
    end: () =>
      zstdCompressSync(Buffer.concat(chunks), {
        params: { [constants.ZSTD_c_compressionLevel]: 3 },
      }),
  };
}
