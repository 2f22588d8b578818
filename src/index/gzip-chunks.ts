// A deflate stream may be joined from parts that end at a byte and look back no further than their own
// start. So a piece that stands in several places of a layer, as most of a cache does, is compressed
// once. gzip would not see that it was there before: it looks back 32 kB.
import { constants, crc32, deflateRawSync } from 'node:zlib';

/**
 * The chunks as one gzip stream with constants in its header. The same bytes for the same chunks; a
 * large chunk that comes again as the same object is not compressed again.
 */
export function gzipChunks(chunks: Iterable<Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [HEADER];
  const known = new Map<Uint8Array, Uint8Array>();
  let small: Uint8Array[] = [];
  let crc = 0;
  let size = 0;
  function flush(): void {
    if (small.length > 0) parts.push(deflate(Buffer.concat(small)));
    small = [];
  }
  for (const chunk of chunks) {
    crc = crc32(chunk, crc);
    size += chunk.length;
    if (chunk.length < ALONE) {
      small.push(chunk);
      continue;
    }
    flush();
    const part = known.get(chunk) ?? deflate(chunk);
    known.set(chunk, part);
    parts.push(part);
  }
  flush();
  return Buffer.concat([...parts, END, renderTrailer(crc, size)]);
}

/** From here on nothing is lost by a part of its own, since gzip sees no further back. */
const ALONE = 32_768;
/** No name, no time, no system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** A last block, empty. */
const END = Buffer.from([3, 0]);

// Level 6 takes nearly twice as long and saves a sixth.
function deflate(bytes: Uint8Array): Uint8Array {
  return deflateRawSync(bytes, {
    level: 1,
    memLevel: 9,
    finishFlush: constants.Z_FULL_FLUSH,
    chunkSize: CHUNK,
  });
}

const CHUNK = 65_536;

function renderTrailer(crc: number, size: number): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return trailer;
}
