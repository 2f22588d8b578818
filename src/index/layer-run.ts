// What a package puts into a layer stands there in runs: its entries of one folder, which follow each
// other in the order of paths, since all begin with the folder and the package's name. A run is
// compressed by itself, so it is the same bytes in every layer, and a later one may copy them.
import { constants, inflateRawSync } from 'node:zlib';
import { type Digest, digestOf } from '../base/digest.ts';
import type { PackageSummary } from './cache/json-cache.ts';

/** A run of a compressed layer. The directories above it are no part of it. */
export interface LayerRun {
  /** Of its first entry; the others lie in the same folder. */
  readonly path: string;
  /** In the layer's compressed bytes. */
  readonly offset: number;
  /** Compressed. */
  readonly size: number;
  /** Uncompressed. */
  readonly rawSize: number;
  /** Of the compressed bytes. */
  readonly digest: Digest;
}

/** A run with bytes that are said to be its compressed ones, as plain data. */
export interface HeldRun extends LayerRun {
  readonly bytes: Uint8Array;
}

/** A package as it lies in an earlier layer. */
export interface HeldPackage {
  readonly name: string;
  /** Null where its index has no cache. */
  readonly summary: PackageSummary | null;
  readonly runs: readonly HeldRun[];
}

/** The uncompressed bytes of a run; null where its bytes are others than they were. */
export function inflateRun({ bytes, digest, rawSize }: HeldRun): Uint8Array | null {
  if (digestOf(bytes) !== digest) return null;
  const raw = tryInflate(bytes, rawSize);
  return raw?.length === rawSize ? raw : null;
}

// Its last part ends at a byte, not the stream.
function tryInflate(bytes: Uint8Array, size: number): Uint8Array | null {
  try {
    return inflateRawSync(bytes, {
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: size + ROOM,
      maxOutputLength: size + ROOM,
    });
  } catch {
    return null;
  }
}

/** The least that zlib takes for a buffer; a full one would be asked once more. */
const ROOM = 64;
