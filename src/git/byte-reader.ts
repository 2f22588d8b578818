/** What git writes, piece by piece; each call throws where it ended early. */
export interface ByteReader {
  /** Up to a line break, without it. */
  readLine(): Promise<string>;
  readBytes(length: number): Promise<Uint8Array>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  async function readChunk(): Promise<Uint8Array> {
    const next = await chunks.next();
    if (next.done === true) throw new Error('its answer ended early');
    return next.value;
  }
  return {
    async readLine() {
      let line = '';
      let end = rest.indexOf(0x0a);
      while (end < 0) {
        line += Buffer.from(rest).toString('latin1');
        rest = await readChunk();
        end = rest.indexOf(0x0a);
      }
      line += Buffer.from(rest.subarray(0, end)).toString('latin1');
      rest = rest.subarray(end + 1);
      return line;
    },
    async readBytes(length) {
      const parts = [rest];
      let have = rest.length;
      while (have < length) {
        const chunk = await readChunk();
        parts.push(chunk);
        have += chunk.length;
      }
      const all = parts.length === 1 ? rest : Buffer.concat(parts);
      rest = all.subarray(length);
      return all.subarray(0, length);
    },
  };
}
