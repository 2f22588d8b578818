import { type Digest, digestOf } from '../base/digest.ts';
import { formatProblemLine } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { validateServable } from '../catalog/cache/validate-servable.ts';
import { hashBlob } from '../catalog/hash-catalog.ts';
import { listCatalogFiles, orderBlobs } from '../catalog/render-catalog.ts';
import type { Catalog, CatalogFile, CatalogPackage } from '../catalog/types.ts';
import { type BuiltLayer, buildLayer, type Compression } from './build-layer.ts';
import { type PackageSummary, renderPackageCache, renderSharedCache } from './cache/json-cache.ts';
import { LAYER_MODES, listTreeEntries } from './cache/tree-entries.ts';
import { findGroup, sortGroups } from './group-packages.ts';

/** Where the catalog and the cache lie in an index image. */
const CONFIGS_FOLDER = 'configs';
export const CACHE_FOLDER = 'tmp/cache';

/** The cache that an index image brings, from which opm serves at once; none lets opm build its own. */
export type CacheChoice = 'json' | 'none';

export interface ContentInput {
  /** With the references that are to be served. */
  readonly catalog: Catalog;
  readonly cache: CacheChoice;
  readonly compression: Compression;
  /** Layers of an earlier catalog: what did not change is taken from there. */
  readonly known?: ContentLayers | null;
}

/** The layers that hold a catalog and its cache. */
export interface ContentLayers {
  /** A layer a group of packages, and last, where there is such a thing, what they all share. */
  readonly layers: readonly BuiltLayer[];
  readonly groups: ReadonlyMap<Digest, BuiltGroup>;
}

interface BuiltGroup {
  readonly layer: BuiltLayer;
  readonly summaries: ReadonlyMap<string, PackageSummary>;
}

/** Layers whose bytes are in memory uncompressed at a time; zlib compresses on threads of its own. */
const AT_ONCE = 3;

/**
 * Lays a catalog and its opm cache into layers so that a change of one package changes the layer of
 * its group and the last, small one. Both follow from content and format alone. Throws
 * `INDEX_NOT_SERVABLE` where opm could not build the cache.
 */
export async function buildContentLayers(input: ContentInput): Promise<ContentLayers> {
  const { catalog, cache, compression } = input;
  if (cache === 'json') assertServable(catalog);
  const groups = new Map<Digest, Promise<BuiltGroup>>();
  for (const packages of groupPackages(catalog)) {
    const key = keyOf(packages, input);
    const known = input.known?.groups.get(key);
    if (known === undefined) await [...groups.values()].at(-AT_ONCE);
    groups.set(key, known === undefined ? buildGroup(packages, input) : Promise.resolve(known));
  }
  const built = new Map<Digest, BuiltGroup>();
  for (const [key, group] of groups) built.set(key, await group);
  const summaries = new Map([...built.values()].flatMap((group) => [...group.summaries]));
  const shared = listSharedFiles(input, summaries);
  const own = [...built.values()].map(({ layer }) => layer);
  const last =
    shared.length > 0 || own.length === 0
      ? [await buildLayer(shared, { folders: ROOTS, compression })]
      : [];
  return { layers: [...own, ...last], groups: built };
}

/** Folders that an image has even where the catalog is empty. */
const ROOTS: readonly string[] = [CONFIGS_FOLDER];

function assertServable(catalog: Catalog): void {
  const problems = validateServable(catalog);
  if (problems.length === 0) return;
  throw new ToolError(
    'INDEX_NOT_SERVABLE',
    `opm could not serve this catalog:\n${problems.map(formatProblemLine).join('\n')}`,
    { hint: 'Correct it or exclude it (rules/<name>/exclude.yaml); no index was built.' },
  );
}

function groupPackages(catalog: Catalog): readonly (readonly CatalogPackage[])[] {
  const groups = new Map<string, CatalogPackage[]>();
  for (const pkg of catalog.packages.values()) {
    if (pkg.name === '') continue;
    const group = findGroup(pkg.name);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [pkg]);
    else known.push(pkg);
  }
  return sortGroups(groups);
}

// The order in which blobs are written counts, which the hash of a package does not see.
function keyOf(packages: readonly CatalogPackage[], { cache, compression }: ContentInput): Digest {
  const blobs = packages.flatMap((pkg) => orderBlobs(pkg).map(hashBlob));
  return digestOf([cache, compression, ...packages.map(({ name }) => name), ...blobs].join('\n'));
}

async function buildGroup(
  packages: readonly CatalogPackage[],
  { cache, compression }: ContentInput,
): Promise<BuiltGroup> {
  const files = [...listConfigs({ packages: packagesByName(packages), loose: [] })];
  const summaries = new Map<string, PackageSummary>();
  if (cache === 'json') for (const pkg of packages) summaries.set(pkg.name, addCache(pkg, files));
  return { layer: await buildLayer(files, { folders: ROOTS, compression }), summaries };
}

function packagesByName(packages: readonly CatalogPackage[]): Catalog['packages'] {
  return new Map(packages.map((pkg) => [pkg.name, pkg]));
}

function addCache(pkg: CatalogPackage, files: CatalogFile[]): PackageSummary {
  const rendering = renderPackageCache(pkg, LAYER_MODES);
  for (;;) {
    const next = rendering.next();
    if (next.done === true) return next.value;
    files.push(placeIn(CACHE_FOLDER, next.value));
  }
}

function* listConfigs(catalog: Catalog): Generator<CatalogFile, void, undefined> {
  for (const file of listServed(catalog)) yield placeIn(CONFIGS_FOLDER, file);
}

function listSharedFiles(
  { catalog, cache }: ContentInput,
  summaries: ReadonlyMap<string, PackageSummary>,
): readonly CatalogFile[] {
  const nameless = catalog.packages.get('');
  const rest: Catalog = {
    packages: packagesByName(nameless === undefined ? [] : [nameless]),
    loose: catalog.loose,
  };
  const configs = [...listConfigs(rest)];
  if (cache === 'none') return configs;
  const shared = renderSharedCache({
    catalog,
    summaryOf: ({ name }) => expectSummary(summaries, name),
    configs: listTreeEntries(listServed(catalog), LAYER_MODES),
    modes: LAYER_MODES,
  });
  return [...configs, ...shared.map((file) => placeIn(CACHE_FOLDER, file))];
}

function expectSummary(
  summaries: ReadonlyMap<string, PackageSummary>,
  name: string,
): PackageSummary {
  const summary = summaries.get(name);
  if (summary === undefined) throw new Error(`The cache of the package ${name} is missing.`);
  return summary;
}

function* listServed(catalog: Catalog): Generator<CatalogFile, void, undefined> {
  for (const [path, render] of listCatalogFiles(catalog)) yield { path, bytes: render() };
}

function placeIn(folder: string, { path, bytes }: CatalogFile): CatalogFile {
  return { path: `${folder}/${path}`, bytes };
}
