import { basename, dirname, join } from 'node:path/posix';
import type { ContentReader, Descriptor } from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { IndexFile } from './build-layer.ts';
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
  readonly folder: string;
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
}

const MAX_BYTES = 2 ** 30;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Files below a folder of an image, of its first platform; sorted, with paths relative to the folder. */
export async function readImageFiles(
  reader: ContentReader,
  request: ImageFilesRequest,
): Promise<readonly IndexFile[]> {
  const image = await readImage(reader, request.repository, request.reference);
  const layers = image.platforms[0]?.manifest.layers ?? [];
  return readLayerFiles(reader, { ...request, layers });
}

/**
 * Files below a folder after all layers, whiteouts and opaque folders. Every layer is read to its
 * end and thereby checked. Throws `INDEX_UNSAFE_PATH` for what would leave the image or the
 * folder, `INDEX_BAD_LAYER` for a layer that cannot be unpacked.
 */
export async function readLayerFiles(
  reader: ContentReader,
  request: LayersRequest,
): Promise<readonly IndexFile[]> {
  const folder = normalizeEntryPath(request.folder) ?? '';
  let tree = new Map<string, TreeNode>();
  for (const [index, layer] of request.layers.entries()) {
    const name = `layer ${index + 1} of ${request.layers.length} (${layer.digest}) of ${request.repository}`;
    const blob = await reader.getBlob(request.repository, layer.digest);
    tree = applyLayer(tree, await readChange(blob, { folder, name, lower: tree }));
  }
  return listTreeFiles(tree, folder).toSorted((a, b) => compareBytes(a.path, b.path));
}

interface LayerContext {
  readonly folder: string;
  /** For messages. */
  readonly name: string;
  readonly lower: ReadonlyMap<string, TreeNode>;
}

interface Draft {
  readonly removed: string[];
  readonly emptied: string[];
  readonly added: Map<string, TreeNode | 'directory'>;
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
  if (isWhiteout(path)) recordWhiteout(path, draft, context);
  else if (isBelow(path, context.folder)) await recordEntry(entry, { path, draft, context });
  else assertPlainFolder(entry, path, context);
  entry.resume();
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

async function recordEntry(
  entry: LayerEntry,
  { path, draft, context }: { path: string; draft: Draft; context: LayerContext },
): Promise<void> {
  const { type, linkname } = entry.header;
  // A later entry of the same name wins, and its place in the order.
  draft.added.delete(path);
  switch (type) {
    case 'directory':
      draft.added.set(path, 'directory');
      return;
    case 'symlink':
      draft.added.set(path, { kind: 'link', target: parseSymlink(path, linkname ?? '', context) });
      return;
    case 'link':
      draft.added.set(path, findHardLinked(path, linkname ?? '', { draft, context }));
      return;
    case 'file':
    case 'contiguous-file':
      draft.added.set(path, { kind: 'file', bytes: await readBytes(entry, draft, context) });
      return;
    case 'block-device':
    case 'character-device':
    case 'fifo':
      break;
  }
  // Archives may also hold kinds that no type lists.
  throw unsafe(context, `the entry "/${path}" is a ${type ?? 'thing of unknown kind'}`);
}

// A folder above the wanted one, or itself, that is a link would put the files elsewhere.
function assertPlainFolder(entry: LayerEntry, path: string, context: LayerContext): void {
  const isAbove = path === context.folder || isBelow(context.folder, path);
  if (!isAbove || path === '' || entry.header.type === 'directory') return;
  throw unsafe(context, `"/${path}" is a ${entry.header.type ?? 'file'} and not a folder`);
}

function parseSymlink(path: string, linkname: string, context: LayerContext): string {
  const target = linkname.startsWith('/')
    ? null
    : normalizeEntryPath(join(dirname(path), linkname));
  if (target !== null && isBelow(target, context.folder)) return target;
  throw unsafe(context, `the link "/${path}" points outside /${context.folder}, at "${linkname}"`);
}

function findHardLinked(
  path: string,
  linkname: string,
  { draft, context }: { draft: Draft; context: LayerContext },
): TreeNode {
  const target = normalizeEntryPath(linkname);
  const node = target === null ? undefined : (draft.added.get(target) ?? context.lower.get(target));
  if (node !== undefined && node !== 'directory') return node;
  throw unsafe(context, `the link "/${path}" points outside /${context.folder}, at "${linkname}"`);
}

async function readBytes(
  entry: LayerEntry,
  draft: Draft,
  context: LayerContext,
): Promise<Uint8Array> {
  draft.bytes += entry.header.size ?? 0;
  if (draft.bytes > MAX_BYTES) {
    throw new ToolError(
      'INDEX_BAD_LAYER',
      `The ${context.name} holds more than 1 GiB below /${context.folder}.`,
      {
        hint: 'No catalog is that large; check what the image holds.',
      },
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function unsafe(context: LayerContext, what: string): ToolError {
  return new ToolError('INDEX_UNSAFE_PATH', `The ${context.name} is refused: ${what}.`, {
    hint: 'Build the image again without such entries; nothing of it was taken over.',
  });
}
