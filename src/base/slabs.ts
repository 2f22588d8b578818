import { Buffer } from 'node:buffer';
import { freeBytes } from './own-bytes.ts';

/**
 * Memory for many bytes that nobody needs any more at the same moment. With a buffer for each of thousands V8 would
 * have to find out again and again which of them are alive.
 */
export interface Slabs {
  /** The text as UTF-8. */
  write(this: void, text: string): Uint8Array;
  copy(this: void, bytes: Uint8Array): Uint8Array;
  /** Room for so many bytes, with whatever in it. */
  reserve(this: void, size: number): Uint8Array;
  /** Gives the memory to whoever opens the next: what was written must not be looked at again. */
  close(this: void): void;
}

/** Bytes of a slab; what is longer has one of its own. */
const SLAB = 1 << 20;
/** Slabs that wait for the next on a thread. */
const MOST_FREE = 8;

const FREE: Buffer<ArrayBuffer>[] = [];
const NONE = Buffer.alloc(0);

export function openSlabs(): Slabs {
  const taken: Buffer<ArrayBuffer>[] = [];
  let slab: Buffer<ArrayBuffer> = NONE;
  let used = 0;
  function take(place: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
    taken.push(place);
    return place;
  }
  function reserve(size: number): Buffer {
    if (size > SLAB) return take(Buffer.allocUnsafeSlow(size));
    if (used + size > slab.length) {
      slab = take(FREE.pop() ?? Buffer.allocUnsafeSlow(SLAB));
      used = 0;
    }
    used += size;
    return slab.subarray(used - size, used);
  }
  function write(text: string): Uint8Array {
    const place = reserve(Buffer.byteLength(text));
    place.write(text, 'utf8');
    return place;
  }
  function copy(bytes: Uint8Array): Uint8Array {
    const place = reserve(bytes.length);
    place.set(bytes);
    return place;
  }
  function close(): void {
    for (const place of taken.splice(0)) {
      if (place.length === SLAB && FREE.length < MOST_FREE) FREE.push(place);
      else freeBytes(place);
    }
    slab = NONE;
    used = 0;
  }
  return { write, copy, reserve, close };
}
