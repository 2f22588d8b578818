import type { Digest } from '../base/digest.ts';

/**
 * Remembers layers from one process to the next. No result hangs on it: what it does not have, or
 * no longer as it was given, is built again. It never throws; a disk that is full only forgets.
 */
export interface LayerStore {
  /** The text that was kept under the key; null where there is none, or not the whole of it. */
  readNote(key: Digest): Promise<string | null>;
  writeNote(key: Digest, text: string): Promise<void>;
  /** A file whose bytes have this digest, which was looked at now; null where there is none. */
  findBlob(digest: Digest): Promise<string | null>;
  /**
   * The bytes of a blob at these places, unchecked, in the order of the places; null where it does not
   * have all of them.
   */
  readRanges(digest: Digest, ranges: readonly ByteRange[]): Promise<readonly Uint8Array[] | null>;
  /** The file in which the bytes lie from now on; null where they could not be kept. */
  writeBlob(digest: Digest, bytes: Uint8Array): Promise<string | null>;
}

export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}
