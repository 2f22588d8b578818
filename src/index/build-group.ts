import { dirname } from 'node:path/posix';
import type { Fnv64Chain } from '../base/fnv64.ts';
import { openSlabs } from '../base/slabs.ts';
import { compareBytes } from '../base/text.ts';
import { buildCatalog } from '../catalog/build-catalog.ts';
import {
  type BundleRenderer,
  createBundleRenderer,
  type PartMemory,
} from '../catalog/cache/bundle-parts.ts';
import { moveFile } from '../catalog/cache/pieced-file.ts';
import { validateServable } from '../catalog/cache/validate-servable.ts';
import { parseCatalogFile } from '../catalog/parse-catalog.ts';
import type { CatalogFile, CatalogPackage } from '../catalog/types.ts';
import { buildPackageLayer, type PackageFiles } from './build-layer.ts';
import { hashParts } from './cache/digest-part.ts';
import { type PackageCache, type PackageSummary, renderPackageCache } from './cache/json-cache.ts';
import { settleConfig } from './cache/settle-files.ts';
import { LAYER_MODES } from './cache/tree-entries.ts';
import type { Compression, RenderedLayer } from './compress-layer.ts';
import type { HeldPackage, LayerRun } from './layer-run.ts';

/** Where the catalog and the cache lie in an index image. */
export const CONFIGS_FOLDER = 'configs';
export const CACHE_FOLDER = 'tmp/cache';

/** Folders that an image has even where the catalog is empty. */
export const ROOTS: readonly string[] = [CONFIGS_FOLDER];

/** The cache that an index image brings, from which opm serves at once; none lets opm build its own. */
export type CacheChoice = 'json' | 'none';

/** The packages of one layer, as plain data, so that a thread can be given them. */
export interface GroupTask {
  /** One a package, as it is served. */
  readonly files: readonly CatalogFile[];
  /** Packages that are taken as they lie in earlier layers: they are neither rendered nor judged. */
  readonly held: readonly HeldPackage[];
  readonly cache: CacheChoice;
  readonly compression: Compression;
}

/** The layer of a group. */
export interface RenderedGroup {
  readonly layer: RenderedLayer;
  /** By the names of packages, in their order. */
  readonly summaries: readonly (readonly [string, PackageSummary])[];
  /** Where packages lie in the layer, so that a later one can hold them; none in one of zstd. */
  readonly runs: readonly (readonly [string, LayerRun])[];
}

/** A group that waits for its turn: its files are rendered when it comes. */
export interface GroupJob {
  /** About how many bytes of files are as much work. */
  readonly size: number;
  readonly open: () => Promise<GroupTask>;
}

/** Opens groups in their order and builds some at a time; hands each over when it is built, as `buildGroup` gives it. */
export type BuildGroups = (
  jobs: readonly GroupJob[],
  onBuilt: (place: number, group: RenderedGroup | null) => Promise<void>,
) => Promise<void>;

export async function buildGroupsHere(
  ...[jobs, onBuilt]: Parameters<BuildGroups>
): ReturnType<BuildGroups> {
  for (const [place, job] of jobs.entries()) await onBuilt(place, buildGroup(await job.open()));
}

/**
 * Builds the layer of some packages: a function of the task alone, on any thread. Null where opm could
 * not serve one of them, or a held one is not what it was.
 */
export function buildGroup(task: GroupTask): RenderedGroup | null {
  const slabs = openSlabs();
  try {
    return buildWith(task, slabs);
  } finally {
    slabs.close();
  }
}

// What lies in this memory is looked at until this returns.
function buildWith(task: GroupTask, memory: PartMemory): RenderedGroup | null {
  const { files, held, cache, compression } = task;
  const rendered: PackageFiles[] = [];
  const settling: SettledFile[] = [];
  for (const file of files) {
    const name = dirname(file.path);
    if (cache === 'none') {
      rendered.push({ name, files: [placeIn(CONFIGS_FOLDER, file)] });
      continue;
    }
    const renderer = createBundleRenderer(memory);
    const catalog = buildCatalog(parseCatalogFile(file, renderer.learn).blobs);
    if (validateServable(catalog).length > 0) return null;
    const settled = settleConfig(file, LAYER_MODES);
    const placed = [placeIn(CONFIGS_FOLDER, settled.file)];
    rendered.push({ name, files: placed });
    const packages = [...catalog.packages.values()].map(
      (pkg): NamedCache => [pkg.name, addCache(pkg, renderer, placed)],
    );
    settling.push({ config: settled.chain, packages });
  }
  const summaries = [...summarize(settling), ...listHeld(held)];
  const built = buildPackageLayer(rendered, held, { folders: ROOTS, compression });
  const sorted = summaries.toSorted(([a], [b]) => compareBytes(a, b));
  return built === null ? null : { ...built, summaries: sorted };
}

type NamedCache = readonly [string, PackageCache];
type NamedSummary = RenderedGroup['summaries'][number];

/** A file of the catalog folder, and the files of the cache that its packages have. */
interface SettledFile {
  readonly config: Fnv64Chain;
  readonly packages: readonly NamedCache[];
}

/** Hashes all of these together, which settles them. */
function summarize(files: readonly SettledFile[]): readonly NamedSummary[] {
  const caches = files.flatMap(({ packages }) => packages.map(([, { chain }]) => chain));
  const parts = hashParts([...caches, ...files.map(({ config }) => config)]);
  const ofCaches = parts.values();
  const configs = parts.slice(caches.length);
  return files.flatMap(({ packages }, index) =>
    packages.map(([name, { indexEntry }]): NamedSummary => {
      const [config, { value: part }] = [configs[index], ofCaches.next()];
      if (config === undefined || part === undefined) throw new Error(`${name} was not hashed.`);
      return [name, { config, part, indexEntry }];
    }),
  );
}

function listHeld(held: readonly HeldPackage[]): readonly NamedSummary[] {
  return held.flatMap(({ name, summary }): readonly NamedSummary[] =>
    summary === null ? [] : [[name, summary]],
  );
}

function addCache(
  pkg: CatalogPackage,
  renderer: BundleRenderer,
  files: CatalogFile[],
): PackageCache {
  const rendering = renderPackageCache(pkg, LAYER_MODES, renderer);
  for (;;) {
    const next = rendering.next();
    if (next.done === true) return next.value;
    files.push(placeIn(CACHE_FOLDER, next.value));
  }
}

export function placeIn(folder: string, file: CatalogFile): CatalogFile {
  return moveFile(file, `${folder}/${file.path}`);
}
