// A deflate stream may be joined from parts that end at a byte and look back no further than their own
// start. So a piece that stands in several places of a layer, as most of a cache does, is compressed
// once, which gzip would not see, since it looks back 32 kB; and what was compressed for one layer
// goes into another as it is.
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { freeBytes } from '../base/own-bytes.ts';
import { openSlabs, type Slabs } from '../base/slabs.ts';

/** Compresses what it is given: the same bytes for the same calls. */
export interface LayerWriter {
  write(chunk: Uint8Array): void;
  /** What comes next is compressed as if nothing stood before it. Returns its offset in the stream. */
  cut(): number;
  /** Writes what lay between two cuts of such a stream, as it is; `raw` is what it says. */
  copy(compressed: Uint8Array, raw: Uint8Array): void;
  /** The whole stream; nothing is written behind it. */
  end(): Uint8Array;
}

/**
 * Writes one gzip stream with constants in its header. A large chunk that comes again as the same
 * object is not compressed again.
 */
export function createGzipWriter(): LayerWriter {
  const parts: Uint8Array[] = [HEADER];
  const slabs = openSlabs();
  const known = new Map<Uint8Array, Uint8Array>();
  let offset = HEADER.length;
  const small = slabs.reserve(LONGEST);
  let filled = 0;
  let crc = 0;
  let size = 0;
  function push(part: Uint8Array): void {
    parts.push(part);
    offset += part.length;
  }
  function flush(): void {
    if (filled > 0) push(deflate(small.subarray(0, filled), slabs.copy));
    filled = 0;
  }
  function count(raw: Uint8Array): void {
    crc = crc32(raw, crc);
    size += raw.length;
  }
  return {
    write(chunk) {
      count(chunk);
      if (chunk.length < ALONE) {
        if (filled + chunk.length > LONGEST) flush();
        small.set(chunk, filled);
        filled += chunk.length;
        return;
      }
      flush();
      const part = known.get(chunk) ?? deflate(chunk, slabs.copy);
      known.set(chunk, part);
      push(part);
    },
    cut() {
      flush();
      return offset;
    },
    copy(compressed, raw) {
      flush();
      count(raw);
      push(compressed);
    },
    end() {
      flush();
      const stream = Buffer.concat([...parts, END, renderTrailer(crc, size)]);
      slabs.close();
      return stream;
    },
  };
}

/** From here on nothing is lost by a part of its own, since gzip sees no further back. */
const ALONE = 32_768;
/** Bytes of short chunks that are compressed together at the most. */
const LONGEST = 1 << 20;
/** No name, no time, no system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** A last block, empty. */
const END = Buffer.from([3, 0]);

// Level 6 takes nearly twice as long and saves a sixth. What comes out lies at the start of one chunk, and is copied, so
// that the chunk need not wait for V8 to find out that nobody needs it.
function deflate(bytes: Uint8Array, copy: Slabs['copy']): Uint8Array {
  const chunkSize = mostOf(bytes.length);
  const part = deflateRawSync(bytes, {
    level: 1,
    memLevel: 9,
    finishFlush: constants.Z_FULL_FLUSH,
    chunkSize,
  });
  const kept = copy(part);
  const chunk = new Uint8Array(part.buffer);
  if (chunk.length === chunkSize) freeBytes(chunk);
  return kept;
}

/** More than zlib makes of so many bytes, and more than Node has in common for small ones. */
function mostOf(size: number): number {
  return size + (size >> 2) + 65_600;
}

function renderTrailer(crc: number, size: number): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return trailer;
}
