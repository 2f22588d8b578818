import { basename, dirname, join } from 'node:path/posix';
import type { ContentReader, Descriptor } from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { readGoBuildInfo } from './go-build-info.ts';
import {
  applyLayer,
  isBelow,
  type LayerChange,
  listTreeFiles,
  normalizeEntryPath,
  type TreeNode,
} from './layer-tree.ts';
import { type LayerEntry, visitLayer } from './open-layer.ts';
import { readImage } from './read-image.ts';

export interface ImageFilesRequest {
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
  /** Folder in the image; only what is below it is kept in memory. */
  readonly folder: string;
}

export interface LayersRequest {
  readonly repository: string;
  /** Folders in the image, none within another; only what is in them is kept in memory. */
  readonly folders: readonly string[];
  /** Names of programs to look for in the other folders. */
  readonly programs?: readonly string[];
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
}

/** By path relative to the image's root. Of programs only what Go wrote into them about their build. */
export type LayerTree = ReadonlyMap<string, TreeNode>;

const MAX_BYTES = 2 ** 30;
/** Before the name of what a layer removes. */
export const WHITEOUT = '.wh.';
/** In a folder of which a layer removes all that was there. */
export const OPAQUE = '.wh..wh..opq';

/** Files below a folder of an image, of its first platform; sorted, with paths relative to the folder. */
export async function readImageFiles(
  reader: ContentReader,
  { repository, reference, folder }: ImageFilesRequest,
): Promise<readonly CatalogFile[]> {
  const image = await readImage(reader, repository, reference);
  const layers = image.platforms[0]?.manifest.layers ?? [];
  const tree = await readLayerTree(reader, { repository, folders: [folder], layers });
  return listSortedFiles(tree, folder);
}

/** As `listTreeFiles`, sorted, for a folder as a label or a command spells it. */
export function listSortedFiles(tree: LayerTree, folder: string): readonly CatalogFile[] {
  const files = listTreeFiles(tree, normalizeEntryPath(folder) ?? '');
  return files.toSorted((a, b) => compareBytes(a.path, b.path));
}

/**
 * What some folders hold after all layers, whiteouts and opaque folders. Every layer is read once,
 * to its end, and thereby checked. Throws `INDEX_UNSAFE_PATH` for what would leave the image or a
 * folder, `INDEX_BAD_LAYER` for a layer that cannot be unpacked.
 */
export async function readLayerTree(
  reader: ContentReader,
  request: LayersRequest,
): Promise<LayerTree> {
  const folders = request.folders.map((folder) => normalizeEntryPath(folder) ?? '');
  const programs = new Set(request.programs);
  let tree = new Map<string, TreeNode>();
  for (const [index, layer] of request.layers.entries()) {
    const name = `layer ${index + 1} of ${request.layers.length} (${layer.digest}) of ${request.repository}`;
    const blob = await reader.getBlob(request.repository, layer.digest);
    tree = applyLayer(tree, await readChange(blob, { folders, programs, name, lower: tree }));
  }
  return tree;
}

interface LayerContext {
  readonly folders: readonly string[];
  readonly programs: ReadonlySet<string>;
  /** For messages. */
  readonly name: string;
  readonly lower: LayerTree;
}

interface Draft {
  readonly removed: string[];
  readonly emptied: string[];
  readonly added: Map<string, TreeNode>;
  bytes: number;
}

async function readChange(
  blob: AsyncIterable<Uint8Array>,
  context: LayerContext,
): Promise<LayerChange> {
  const draft: Draft = { removed: [], emptied: [], added: new Map(), bytes: 0 };
  try {
    await visitLayer(blob, (entry) => readEntry(entry, draft, context));
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(
      'INDEX_BAD_LAYER',
      `The ${context.name} cannot be unpacked: ${messageOf(error)}.`,
      {
        hint: 'The layer is damaged or cut off: push the image again from where it was built.',
        cause: error,
        side: 'source',
      },
    );
  }
  return draft;
}

async function readEntry(entry: LayerEntry, draft: Draft, context: LayerContext): Promise<void> {
  const path = normalizeEntryPath(entry.header.name);
  if (path === null) throw unsafe(context, `the entry "${entry.header.name}" leaves the image`);
  const folder = context.folders.find((candidate) => isBelow(path, candidate));
  if (isWhiteout(path)) recordWhiteout(path, draft, context);
  else if (folder !== undefined)
    await recordEntry(entry, { path, folder, mode: modeOf(entry) }, { draft, context });
  else await recordOutside(entry, path, { draft, context });
  entry.resume();
}

interface Recording {
  readonly draft: Draft;
  readonly context: LayerContext;
}

// Archives may hold the type of a file in the mode, too.
function modeOf(entry: LayerEntry): number {
  return (entry.header.mode ?? 0) & 0o7777;
}

function isWhiteout(path: string): boolean {
  return basename(path).startsWith(WHITEOUT);
}

function recordWhiteout(path: string, draft: Draft, context: LayerContext): void {
  const parent = dirname(path) === '.' ? '' : dirname(path);
  const name = basename(path);
  if (name === OPAQUE) draft.emptied.push(parent);
  // Other names with this prefix are bookkeeping of old tools.
  if (name.startsWith('.wh..wh.')) return;
  const gone = name.slice(WHITEOUT.length);
  if (gone === '' || gone === '.' || gone === '..') {
    throw unsafe(context, `the whiteout "${path}" names no file`);
  }
  draft.removed.push(join(parent, gone));
}

interface Place {
  readonly path: string;
  /** Of the folders that are read the one it is in. */
  readonly folder: string;
  readonly mode: number;
}

async function recordEntry(
  entry: LayerEntry,
  place: Place,
  { draft, context }: Recording,
): Promise<void> {
  const { type } = entry.header;
  const linkname = entry.header.linkname ?? '';
  const { path, mode } = place;
  // A later entry of the same name wins, and its place in the order.
  draft.added.delete(path);
  switch (type) {
    case 'directory':
      draft.added.set(path, { kind: 'directory', mode });
      return;
    case 'symlink':
      draft.added.set(path, { kind: 'link', target: parseSymlink(place, linkname, context) });
      return;
    case 'link':
      draft.added.set(path, findHardLinked(place, linkname, { draft, context }));
      return;
    case 'file':
    case 'contiguous-file':
      draft.added.set(path, { kind: 'file', mode, bytes: await readBytes(entry, draft, context) });
      return;
    case 'block-device':
    case 'character-device':
    case 'fifo':
      break;
  }
  // Archives may also hold kinds that no type lists.
  throw unsafe(context, `the entry "/${path}" is a ${type ?? 'thing of unknown kind'}`);
}

async function recordOutside(
  entry: LayerEntry,
  path: string,
  { draft, context }: Recording,
): Promise<void> {
  assertPlainFolder(entry, path, context);
  const isDirectory = entry.header.type === 'directory';
  const mode = modeOf(entry);
  if (isDirectory && context.folders.includes(path)) {
    draft.added.set(path, { kind: 'directory', mode });
  } else if (!isDirectory && context.programs.has(basename(path))) {
    draft.added.set(path, { kind: 'file', mode, bytes: await readGoBuildInfo(entry) });
  }
}

// A folder above a wanted one, or itself, that is a link would put the files elsewhere.
function assertPlainFolder(entry: LayerEntry, path: string, context: LayerContext): void {
  if (path === '' || entry.header.type === 'directory') return;
  const isAbove = context.folders.some((folder) => path === folder || isBelow(folder, path));
  if (isAbove)
    throw unsafe(context, `"/${path}" is a ${entry.header.type ?? 'file'} and not a folder`);
}

function parseSymlink({ path, folder }: Place, linkname: string, context: LayerContext): string {
  const target = linkname.startsWith('/')
    ? null
    : normalizeEntryPath(join(dirname(path), linkname));
  if (target !== null && isBelow(target, folder)) return target;
  throw unsafe(context, `the link "/${path}" points outside /${folder}, at "${linkname}"`);
}

function findHardLinked(
  { path, folder }: Place,
  linkname: string,
  { draft, context }: Recording,
): TreeNode {
  const target = normalizeEntryPath(linkname);
  const node = target === null ? undefined : (draft.added.get(target) ?? context.lower.get(target));
  if (node !== undefined && node.kind !== 'directory') return node;
  throw unsafe(context, `the link "/${path}" points outside /${folder}, at "${linkname}"`);
}

async function readBytes(
  entry: LayerEntry,
  draft: Draft,
  context: LayerContext,
): Promise<Uint8Array> {
  const size = entry.header.size ?? 0;
  draft.bytes += size;
  if (draft.bytes > MAX_BYTES) {
    const folders = context.folders.map((folder) => `/${folder}`).join(' and ');
    throw new ToolError(
      'INDEX_BAD_LAYER',
      `The ${context.name} holds more than 1 GiB below ${folders}.`,
      {
        hint: 'No catalog is that large; check what the image holds.',
      },
    );
  }
  // Filled in place: joining chunks at the end would hold a large file twice.
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const chunk of entry) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes.subarray(0, filled);
}

function unsafe(context: LayerContext, what: string): ToolError {
  return new ToolError('INDEX_UNSAFE_PATH', `The ${context.name} is refused: ${what}.`, {
    hint: 'Build the image again without such entries; nothing of it was taken over.',
  });
}
