import { freeBytes } from '../base/own-bytes.ts';

/** What git writes, piece by piece; each call throws where it ended early. */
export interface ByteReader {
  /** Up to a line break, without it. */
  readLine(): Promise<string>;
  readBytes(length: number): Promise<Uint8Array>;
}

/** Each chunk of the source must be for this reader alone. */
export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let chunk: Uint8Array = NOTHING;
  let at = 0;
  async function readChunk(): Promise<void> {
    freeBytes(chunk);
    chunk = NOTHING;
    at = 0;
    const next = await chunks.next();
    if (next.done === true) throw new Error('its answer ended early');
    chunk = next.value;
  }
  return {
    async readLine() {
      let line = '';
      for (;;) {
        const end = chunk.indexOf(0x0a, at);
        line += Buffer.from(chunk.subarray(at, end < 0 ? undefined : end)).toString('latin1');
        at = end + 1;
        if (end >= 0) return line;
        await readChunk();
      }
    },
    async readBytes(length) {
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let filled = 0; filled < length; ) {
        if (at === chunk.length) await readChunk();
        const part = chunk.subarray(at, at + length - filled);
        bytes.set(part, filled);
        filled += part.length;
        at += part.length;
      }
      return bytes;
    },
  };
}

const NOTHING = new Uint8Array(0);
