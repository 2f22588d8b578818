import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes to stdout as fast as it takes it, whole to the last byte. Ends quietly where the reader has
 * gone, as `head` does once it has seen enough.
 */
export async function writeOutput(parts: Iterable<string | Uint8Array>): Promise<void> {
  try {
    await pipeline(Readable.from(parts), process.stdout, { end: false });
  } catch (error) {
    if (!isClosedPipe(error)) throw error;
  }
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
