import { normalize } from 'node:path/posix';
import { ToolError } from '../base/tool-error.ts';
import type { IndexFile } from './build-layer.ts';

/** A file or link below the folder that is read; links keep the path they point at. */
export type TreeNode =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly target: string };

/** What one layer does to the folder: removals concern lower layers only. */
export interface LayerChange {
  /** Paths that go, with all below them. */
  readonly removed: readonly string[];
  /** Folders whose lower content goes. */
  readonly emptied: readonly string[];
  /** In the order of the archive. */
  readonly added: ReadonlyMap<string, TreeNode | 'directory'>;
}

/** Puts a layer on top of what lower ones left. */
export function applyLayer(
  lower: ReadonlyMap<string, TreeNode>,
  change: LayerChange,
): Map<string, TreeNode> {
  const tree = new Map(lower);
  for (const path of change.removed) removeTree(tree, path, true);
  for (const path of change.emptied) removeTree(tree, path, false);
  for (const [path, node] of change.added) {
    if (node === 'directory') {
      tree.delete(path);
    } else {
      removeTree(tree, path, true);
      tree.set(path, node);
    }
  }
  return tree;
}

/** Follows the links and gives the files with paths relative to the folder. Throws `INDEX_UNSAFE_PATH` for a link to no file. */
export function listTreeFiles(tree: ReadonlyMap<string, TreeNode>, folder: string): IndexFile[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return [...tree.keys()].map((path) => {
    const bytes = followLinks(tree, path);
    if (bytes !== null) return { path: path.slice(prefix.length), bytes };
    throw new ToolError(
      'INDEX_UNSAFE_PATH',
      `/${path} in the image is a link to no file of the image.`,
      {
        hint: 'Build the image with plain files instead of links.',
      },
    );
  });
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
    if (node === undefined) return null;
    if (node.kind === 'file') return node.bytes;
    current = node.target;
  }
  return null;
}
