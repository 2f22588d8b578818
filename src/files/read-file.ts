import { readFile as readBytes } from 'node:fs/promises';
import { toReadError } from './read-failure.ts';

/** Bytes of a file. Throws `FILES_NOT_FOUND` or `FILES_UNREADABLE`. */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await readBytes(path);
  } catch (error) {
    throw toReadError(error, path);
  }
}
