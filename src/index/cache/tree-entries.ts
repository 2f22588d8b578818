import { dirname } from 'node:path/posix';
import type { TreeEntry } from '../../base/tree-entry.ts';
import { compareTreePaths } from '../../base/tree-order.ts';
import type { CatalogFile } from '../../catalog/types.ts';
import { DIRECTORY_MODE, FILE_MODE } from '../tar-writer.ts';
import { TREE_ROOT } from './go-tar.ts';

/** Permission bits of all folders, the root among them, and all files of a tree. */
export interface TreeModes {
  readonly directory: number;
  readonly file: number;
}

/**
 * Those of the caches that opm builds.
 *
 * @internal
 */
export const OPM_CACHE_MODES: TreeModes = { directory: 0o750, file: 0o640 };

/** Those of the layers that olmirror builds. */
export const LAYER_MODES: TreeModes = { directory: DIRECTORY_MODE, file: FILE_MODE };

/**
 * The files of a tree with all folders above them and its root, in the order in which opm walks it.
 *
 * @internal
 */
export function* listTreeEntries(
  files: Iterable<CatalogFile>,
  modes: TreeModes,
): Generator<TreeEntry, void, undefined> {
  const sorted = [...files].toSorted((a, b) => compareTreePaths(a.path, b.path));
  yield rootEntry(modes);
  yield* listSortedEntries(sorted, modes);
}

export function rootEntry(modes: TreeModes): TreeEntry {
  return { type: 'directory', path: TREE_ROOT, mode: modes.directory };
}

/**
 * As `listTreeEntries`, without the root, for files that come in the order of the walk already and
 * need not be in memory all at once.
 */
export function* listSortedEntries(
  files: Iterable<CatalogFile>,
  modes: TreeModes,
): Generator<TreeEntry, void, undefined> {
  let open: readonly string[] = [];
  for (const { path, bytes } of files) {
    const parents = listParents(path);
    for (const parent of parents)
      if (!open.includes(parent)) yield { type: 'directory', path: parent, mode: modes.directory };
    open = parents;
    yield { type: 'file', path, mode: modes.file, bytes };
  }
}

/** The folders above a path, the highest first, without the root. */
export function listParents(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === TREE_ROOT ? [] : [...listParents(parent), parent];
}
