import { compareBytes } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { piecesOf } from '../catalog/cache/pieced-file.ts';
import type { CatalogFile } from '../catalog/types.ts';
import {
  type CompressedLayer,
  type Compression,
  compressItems,
  compressOwn,
  type LayerItem,
  type RenderedLayer,
} from './compress-layer.ts';
import type { HeldPackage } from './layer-run.ts';

export interface LayerOptions {
  readonly folders: readonly string[];
  readonly compression: Compression;
}

/**
 * A layer of these files, paths relative to the image's root, with the folders above them, and with
 * `folders` whether or not they hold one. `tmp` itself stays as the base image has it, since all may
 * write there. The same bytes for the same files in any order. Throws `INDEX_UNSAFE_PATH`.
 */
export function buildLayer(
  files: readonly CatalogFile[],
  { folders, compression }: LayerOptions,
): RenderedLayer {
  const items = files.map((file) => itemOfFile(file, null));
  return compressOwn(sortItems(items, folders), compression);
}

/** The files of a package, paths relative to the image's root. */
export interface PackageFiles {
  readonly name: string;
  readonly files: readonly CatalogFile[];
}

/**
 * As `buildLayer`, for packages, with their runs: the same bytes whichever of them are rendered and which are held.
 * Runs stand together where `validateServable` passes the packages, or there is nothing of a cache. Null where a
 * held one is not what it was.
 */
export function buildPackageLayer(
  rendered: readonly PackageFiles[],
  held: readonly HeldPackage[],
  { folders, compression }: LayerOptions,
): CompressedLayer | null {
  const items = [
    ...rendered.flatMap(({ name, files }) => files.map((file) => itemOfFile(file, name))),
    ...held.flatMap(({ name, runs }) =>
      runs.map((run) => ({ path: run.path, owner: name, content: run })),
    ),
  ];
  return compressItems(sortItems(items, folders), compression);
}

function itemOfFile(file: CatalogFile, owner: string | null): LayerItem {
  const { path } = file;
  return { path, owner, content: { type: 'file', path, pieces: piecesOf(file) } };
}

function itemOfFolder(path: string): LayerItem {
  return { path, owner: null, content: { type: 'directory', path } };
}

/** With the folders above them. A run has the place of its first entry. */
function sortItems(items: readonly LayerItem[], folders: readonly string[]): readonly LayerItem[] {
  const taken = new Set<string>();
  const above = new Map(folders.map((path) => [path, itemOfFolder(path)]));
  for (const item of items) {
    if (taken.has(item.path)) throw pathTaken(item.path);
    taken.add(item.path);
    for (const parent of listParents(item.path))
      if (!above.has(parent)) above.set(parent, itemOfFolder(parent));
  }
  for (const path of above.keys()) if (taken.has(path)) throw pathTaken(path);
  above.delete('tmp');
  return [...above.values(), ...items].toSorted((a, b) => compareBytes(a.path, b.path));
}

function listParents(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function pathTaken(path: string): ToolError {
  return new ToolError(
    'INDEX_UNSAFE_PATH',
    `Two entries of the catalog have the path ${JSON.stringify(path)}.`,
    {
      hint: 'A path may stand for one file or one folder only.',
    },
  );
}
