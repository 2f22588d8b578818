import { basename } from 'node:path/posix';
import type { Digest } from '../base/digest.ts';
import type { ContentReader } from '../base/oci.ts';
import { isToolError } from '../base/tool-error.ts';
import type { TreeEntry } from '../base/tree-entry.ts';
import { isBelow, listFolderEntries, normalizeEntryPath } from './layer-tree.ts';
import { type LayerTree, listSortedFiles, readLayerTree } from './read-files.ts';
import { type Image, readImage } from './read-image.ts';
import { findConfigsPath, type IndexContent, identify } from './read-index.ts';
import { readServeCommand, type ServeCommand } from './serve-command.ts';

/** A folder in which a cache may lie. */
export interface CacheFolder {
  /** Absolute. */
  readonly path: string;
  /** The image's own command takes it. */
  readonly used: boolean;
  /** Empty where there is no such folder. */
  readonly entries: readonly TreeEntry[];
}

/** An index image with all that decides how it is served. */
export interface IndexImage extends IndexContent {
  readonly serve: ServeCommand;
  /** Layers of the first platform. */
  readonly layerCount: number;
  /** Compressed bytes of the layers of all platforms, each counted once. */
  readonly layerBytes: number;
  /** The catalog's folder, with its root. */
  readonly configs: readonly TreeEntry[];
  readonly caches: readonly CacheFolder[];
  /** Why the folders of caches could not be read; null where they were. */
  readonly cacheFault: string | null;
  /** opm and grpc_health_probe, by absolute path, with what Go wrote into them. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  /** Folders in which the pod looks for programs. */
  readonly searchPath: readonly string[];
}

const PROGRAMS = ['opm', 'grpc_health_probe'];
/** Where opm's own Dockerfile puts the cache, and where oc-mirror put it. */
export const USUAL_CACHES: readonly string[] = ['/tmp/cache', '/cache'];
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Reads an index image with its caches; of several platforms the first, because they hold the same.
 * Catalog and caches are in memory as they are in the image. Throws as `readIndexCatalog`.
 */
export async function readIndexImage(
  reader: ContentReader,
  repository: string,
  reference: string,
): Promise<IndexImage> {
  const image = await readImage(reader, repository, reference);
  const identity = identify(image);
  const configsPath = findConfigsPath(identity, `${repository}@${image.digest}`);
  const serve = readServeCommand(identity);
  const layers = image.platforms[0]?.manifest.layers ?? [];
  const places = listCachePlaces(configsPath, serve.cacheDir);
  const read = { repository, layers, programs: PROGRAMS };
  const { tree, cacheFault } = await readTolerant(configsPath, places, (folders) =>
    readLayerTree(reader, { ...read, folders }),
  );
  return {
    ...identity,
    configsPath,
    serve,
    files: listSortedFiles(tree, configsPath),
    layerCount: layers.length,
    layerBytes: sumLayers(image),
    configs: listFolderEntries(tree, normalizeEntryPath(configsPath) ?? ''),
    caches: (cacheFault === null ? places : []).map((path) => ({
      path,
      used: path === spell(serve.cacheDir ?? ''),
      entries: listFolderEntries(tree, path.slice(1)),
    })),
    cacheFault,
    programs: listPrograms(tree, [configsPath, ...places]),
    searchPath: findSearchPath(image),
  };
}

// A folder within another cannot be told apart from its content.
function listCachePlaces(configsPath: string, cacheDir: string | null): readonly string[] {
  const places: string[] = [];
  for (const candidate of [cacheDir ?? '', ...USUAL_CACHES].map(spell)) {
    const taken = [spell(configsPath), ...places];
    const apart = taken.every((path) => path !== candidate && !overlaps(path, candidate));
    if (candidate !== '/' && apart) places.push(candidate);
  }
  return places;
}

function spell(folder: string): string {
  return `/${normalizeEntryPath(folder) ?? ''}`;
}

function overlaps(a: string, b: string): boolean {
  return a === '/' || b === '/' || isBelow(a, b) || isBelow(b, a);
}

// Odd files of a cache must not keep anybody from seeing the catalog; those of the catalog must.
async function readTolerant(
  configsPath: string,
  places: readonly string[],
  read: (folders: readonly string[]) => Promise<LayerTree>,
): Promise<{ readonly tree: LayerTree; readonly cacheFault: string | null }> {
  try {
    return { tree: await read([configsPath, ...places]), cacheFault: null };
  } catch (error) {
    if (!isToolError(error, 'INDEX_UNSAFE_PATH')) throw error;
    return { tree: await read([configsPath]), cacheFault: error.message };
  }
}

function sumLayers({ platforms }: Image): number {
  const sizes = new Map<Digest, number>(
    platforms.flatMap(({ manifest }) => manifest.layers.map(({ digest, size }) => [digest, size])),
  );
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function listPrograms(
  tree: LayerTree,
  folders: readonly string[],
): ReadonlyMap<string, Uint8Array> {
  const inner = folders.map((folder) => normalizeEntryPath(folder) ?? '');
  const programs = new Map<string, Uint8Array>();
  for (const [path, node] of tree) {
    if (node.kind !== 'file' || !PROGRAMS.includes(basename(path))) continue;
    if (!inner.some((folder) => isBelow(path, folder))) programs.set(`/${path}`, node.bytes);
  }
  return programs;
}

function findSearchPath({ platforms }: Image): readonly string[] {
  const environment = platforms[0]?.config.config?.Env ?? [];
  const line = environment.findLast((entry) => entry.startsWith('PATH='));
  return (line?.slice('PATH='.length) ?? DEFAULT_PATH).split(':').filter((part) => part !== '');
}
