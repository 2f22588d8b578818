import { stat, statfs } from 'node:fs/promises';
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

/** Whether two paths lie on one filesystem, whose room both share; false also where one of them cannot be seen. */
export async function isSameDisk(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => stat(path).catch(() => null)));
  return first !== null && first !== undefined && first.dev === second?.dev;
}
