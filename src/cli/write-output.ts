import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK = 1 << 18;

/**
 * Writes texts to stdout as fast as it takes them, whole to the last byte. Ends quietly where the
 * reader has gone, as `head` does once it has seen enough.
 */
export async function writeOutput(texts: Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(joinTexts(texts)), process.stdout, { end: false });
  } catch (error) {
    if (!isClosedPipe(error)) throw error;
  }
}

function* joinTexts(texts: Iterable<string>): Generator<string, void, undefined> {
  let chunk = '';
  for (const text of texts) {
    chunk += text;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
