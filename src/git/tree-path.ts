import { posix } from 'node:path';

/** A path within a snapshot: `/`-separated, no dots, no slash at its ends; empty for the whole. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path).replace(/\/$/, '');
  return clean === '.' ? '' : clean;
}
