import { normalize } from 'node:path/posix';
import { ToolError } from '../base/tool-error.ts';
import type { TreeEntry } from '../base/tree-entry.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { TREE_ROOT } from './cache/go-tar.ts';
import { listParents } from './cache/tree-entries.ts';

/** What a layer puts at a path; links keep the path they point at. */
export type TreeNode =
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string };

/** What one layer does to the folders that are read: removals concern lower layers only. */
export interface LayerChange {
  /** Paths that go, with all below them. */
  readonly removed: readonly string[];
  /** Folders whose lower content goes. */
  readonly emptied: readonly string[];
  /** In the order of the archive. */
  readonly added: ReadonlyMap<string, TreeNode>;
}

/** Puts a layer on top of what lower ones left. */
export function applyLayer(
  lower: ReadonlyMap<string, TreeNode>,
  change: LayerChange,
): Map<string, TreeNode> {
  const tree = new Map(lower);
  for (const path of change.removed) removeTree(tree, path, true);
  for (const path of change.emptied) removeTree(tree, path, false);
  const folders = new Set<string>();
  for (const path of tree.keys()) noteFolders(folders, path);
  for (const [path, node] of change.added) {
    if (node.kind !== 'directory' && folders.has(path)) removeTree(tree, path, true);
    tree.set(path, node);
    noteFolders(folders, path);
  }
  return tree;
}

// A cache holds thousands of files: looking through all paths for each of them would take a minute.
function noteFolders(folders: Set<string>, path: string): void {
  let slash = path.lastIndexOf('/');
  while (slash > 0 && !folders.has(path.slice(0, slash))) {
    folders.add(path.slice(0, slash));
    slash = path.lastIndexOf('/', slash - 1);
  }
}

/** Follows the links and gives the files with paths relative to the folder. Throws `INDEX_UNSAFE_PATH` for a link to no file. */
export function listTreeFiles(tree: ReadonlyMap<string, TreeNode>, folder: string): CatalogFile[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return [...tree].flatMap(([path, node]) => {
    if (node.kind === 'directory' || !isBelow(path, folder)) return [];
    const bytes = followLinks(tree, path);
    if (bytes !== null) return [{ path: path.slice(prefix.length), bytes }];
    throw new ToolError(
      'INDEX_UNSAFE_PATH',
      `/${path} in the image is a link to no file of the image.`,
      {
        hint: 'Build the image with plain files instead of links.',
      },
    );
  });
}

/** Mode of a folder that no layer names, but that holds something: engines make it so. */
const IMPLIED_MODE = 0o755;

/**
 * A folder with all that is below it, modes included, in no certain order: the form in which opm
 * hashes a tree, without links. Empty where the image has no such folder.
 */
export function listFolderEntries(
  tree: ReadonlyMap<string, TreeNode>,
  folder: string,
): readonly TreeEntry[] {
  const entries = new Map<string, TreeEntry>();
  for (const [path, node] of tree) {
    if (path !== folder && !isBelow(path, folder)) continue;
    const name = relativeTo(folder, path);
    for (const parent of name === TREE_ROOT ? [] : [TREE_ROOT, ...listParents(name)])
      if (!entries.has(parent))
        entries.set(parent, { type: 'directory', path: parent, mode: IMPLIED_MODE });
    if (node.kind === 'file')
      entries.set(name, { type: 'file', path: name, mode: node.mode, bytes: node.bytes });
    if (node.kind === 'directory')
      entries.set(name, { type: 'directory', path: name, mode: node.mode });
  }
  return [...entries.values()];
}

function relativeTo(folder: string, path: string): string {
  if (path === folder) return TREE_ROOT;
  return folder === '' ? path : path.slice(folder.length + 1);
}

/** A path as an archive spells it, relative to the image's root; null where it leaves the root. */
export function normalizeEntryPath(name: string): string | null {
  const path = normalize(name.replace(/^\/+/, '') || '.').replace(/\/+$/, '');
  if (path === '..' || path.startsWith('../')) return null;
  return path === '.' ? '' : path;
}

export function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function removeTree(tree: Map<string, TreeNode>, path: string, itself: boolean): void {
  if (itself) tree.delete(path);
  for (const key of tree.keys()) if (isBelow(key, path)) tree.delete(key);
}

function followLinks(tree: ReadonlyMap<string, TreeNode>, path: string): Uint8Array | null {
  let current = path;
  for (let hops = 0; hops < 40; hops += 1) {
    const node = tree.get(current);
    if (node === undefined || node.kind === 'directory') return null;
    if (node.kind === 'file') return node.bytes;
    current = node.target;
  }
  return null;
}
