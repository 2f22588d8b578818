import { normalize } from 'node:path/posix';
import { compareBytes } from '../base/text.ts';

/** A path within a snapshot: `/`-separated, no dots, no slash at its ends; empty for the whole. */
export function cleanPath(path: string): string {
  const clean = normalize(path).replace(/\/$/, '');
  return clean === '.' ? '' : clean;
}

/** Of the paths of submodules those at, below or above a path, in byte order. */
export function selectSubmodules(submodules: readonly string[], path: string): readonly string[] {
  const wanted = cleanPath(path);
  return [...new Set(submodules)]
    .filter(
      (at) =>
        wanted === '' || `${at}/`.startsWith(`${wanted}/`) || `${wanted}/`.startsWith(`${at}/`),
    )
    .toSorted(compareBytes);
}
