import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { PassContext } from './pass-context.ts';
import { interruption } from './retry.ts';

/** Streams a blob to a file; throws `APPLY_INTERRUPTED` where the pass must end. */
export async function saveBlob(
  context: PassContext,
  blob: AsyncIterable<Uint8Array>,
  path: string,
): Promise<void> {
  try {
    await pipeline(blob, createWriteStream(path), { signal: context.kill });
  } catch (error) {
    throw context.kill.aborted ? interruption(error) : error;
  }
}
