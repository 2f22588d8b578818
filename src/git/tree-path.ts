import { normalize } from 'node:path/posix';

/** A path within a snapshot: `/`-separated, no dots, no slash at its ends; empty for the whole. */
export function cleanPath(path: string): string {
  const clean = normalize(path).replace(/\/$/, '');
  return clean === '.' ? '' : clean;
}
