import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';

export type LayerEntry = Extract extends AsyncIterable<infer Entry> ? Entry : never;

/**
 * Visits the entries of a layer in order. Gzip, zstd or plain is told by the first bytes, because
 * media types lie. The blob is read to its end, so that a failed digest check of the reader
 * surfaces; a visitor must consume or resume each entry.
 */
export async function visitLayer(
  blob: AsyncIterable<Uint8Array>,
  visit: (entry: LayerEntry) => Promise<void>,
): Promise<void> {
  const { magic, whole } = await peek(blob);
  const tar = extract();
  const source = Readable.from(whole, { objectMode: false });
  const decompressor = createDecompressor(magic);
  const flowing =
    decompressor === null ? pipeline(source, tar) : pipeline(source, decompressor, tar);
  const settled = flowing.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  try {
    for await (const entry of tar) await visit(entry);
  } catch (error) {
    tar.destroy();
    const failure = await settled;
    // What the source said comes first: a broken archive may be only its echo.
    throw failure === null || isDestroyed(failure.error) ? error : failure.error;
  }
  const failure = await settled;
  if (failure !== null) throw failure.error;
}

function isDestroyed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function createDecompressor(magic: Buffer): Transform | null {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return createGunzip();
  return magic.length >= 4 && magic.readUInt32LE(0) === 0xfd2fb528 ? createZstdDecompress() : null;
}

async function peek(
  blob: AsyncIterable<Uint8Array>,
): Promise<{ readonly magic: Buffer; readonly whole: AsyncIterable<Uint8Array> }> {
  const iterator = blob[Symbol.asyncIterator]();
  let magic = Buffer.alloc(0);
  while (magic.length < 4) {
    const next = await iterator.next();
    if (next.done === true) break;
    magic = Buffer.concat([magic, next.value]);
  }
  return { magic, whole: resume(magic, iterator) };
}

async function* resume(
  start: Buffer,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
