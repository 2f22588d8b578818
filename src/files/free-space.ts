import { statfs } from 'node:fs/promises';
import { toReadError } from './read-failure.ts';

/** Bytes that may still be written to the filesystem of a path, by others than root. Throws `FILES_NOT_FOUND` or `FILES_UNREADABLE`. */
export async function readFreeSpace(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    throw toReadError(error, path);
  }
}
