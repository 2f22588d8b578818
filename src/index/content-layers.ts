import { dirname } from 'node:path/posix';
import { type Digest, digestOf } from '../base/digest.ts';
import { formatProblemLine } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { compareTreePaths } from '../base/tree-order.ts';
import { validateServable } from '../catalog/cache/validate-servable.ts';
import { hashBlob } from '../catalog/hash-catalog.ts';
import { estimateSize, listCatalogFiles, orderBlobs } from '../catalog/render-catalog.ts';
import type { Catalog, CatalogFile, CatalogPackage } from '../catalog/types.ts';
import {
  buildGroupsHere,
  CACHE_FOLDER,
  type CacheChoice,
  CONFIGS_FOLDER,
  type GroupTask,
  placeIn,
  ROOTS,
} from './build-group.ts';
import { buildLayer, type Compression } from './build-layer.ts';
import { type PackageSummary, renderSharedCache } from './cache/json-cache.ts';
import { settleConfig } from './cache/settle-files.ts';
import { LAYER_MODES } from './cache/tree-entries.ts';
import { findGroup, sortGroups } from './group-packages.ts';
import {
  type BuiltGroup,
  type ContentLayers,
  type ContentWork,
  keepGroup,
  recallGroup,
  type TextStream,
  takeTexts,
} from './layer-memory.ts';

export interface ContentInput extends ContentWork {
  /** With the references that are to be served. */
  readonly catalog: Catalog;
  readonly cache: CacheChoice;
  readonly compression: Compression;
}

/**
 * Lays a catalog and its opm cache into layers so that a change of one package changes the layer of
 * its group and the last, small one. Both follow from content and format alone. Throws
 * `INDEX_NOT_SERVABLE` where opm could not build the cache.
 */
export async function buildContentLayers(input: ContentInput): Promise<ContentLayers> {
  const groups = groupPackages(input);
  const built = await buildGroups(groups, input);
  const shared = keyOfShared(groups, input);
  const last = (await recallGroup(shared, input)) ?? (await buildShared(shared, built, input));
  const all = new Map([...built, [shared, last] as const]);
  const layers = [...all.values()].flatMap(({ layer }) => (layer === null ? [] : [layer]));
  return { layers, groups: all, packages: listPackages(groups, built) };
}

function listPackages(
  groups: readonly PackageGroup[],
  built: ReadonlyMap<Digest, BuiltGroup>,
): ReadonlyMap<Digest, readonly string[]> {
  const packages = new Map<Digest, readonly string[]>();
  for (const group of groups) {
    const layer = built.get(group.key)?.layer ?? null;
    if (layer !== null)
      packages.set(
        layer.descriptor.digest,
        group.packages.map(({ name }) => name),
      );
  }
  return packages;
}

interface PackageGroup {
  readonly key: Digest;
  readonly packages: readonly CatalogPackage[];
}

function groupPackages(input: ContentInput): readonly PackageGroup[] {
  const groups = new Map<string, CatalogPackage[]>();
  for (const pkg of input.catalog.packages.values()) {
    if (pkg.name === '') continue;
    const group = findGroup(pkg.name);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [pkg]);
    else known.push(pkg);
  }
  return sortGroups(groups).map((packages) => ({ key: keyOfGroup(packages, input), packages }));
}

/**
 * Part of what layers are remembered by. To be raised with every change of what is put into a layer
 * of the same packages: of a path, a mode, a byte of the cache, or how a tar is written.
 */
const BUILDER = 'layers 2';

// The order in which blobs are written counts, which the hash of a package does not see.
function keyOfGroup(packages: readonly CatalogPackage[], input: ContentInput): Digest {
  const blobs = packages.flatMap((pkg) => [pkg.name, ...orderBlobs(pkg).map(hashBlob)]);
  return digestOf(JSON.stringify([BUILDER, input.cache, input.compression, 'group', ...blobs]));
}

function keyOfShared(groups: readonly PackageGroup[], input: ContentInput): Digest {
  const { packages, loose } = listRest(input.catalog);
  const blobs = [...packages.values()].flatMap((pkg) => orderBlobs(pkg).map(hashBlob));
  const rest = [blobs, loose.map(hashBlob), groups.map(({ key }) => key)];
  return digestOf(JSON.stringify([BUILDER, input.cache, input.compression, 'shared', ...rest]));
}

/** What belongs to no package. */
function listRest(catalog: Catalog): Catalog {
  const nameless = catalog.packages.get('');
  return { packages: new Map(nameless && [['', nameless]]), loose: catalog.loose };
}

async function buildGroups(
  groups: readonly PackageGroup[],
  input: ContentInput,
): Promise<ReadonlyMap<Digest, BuiltGroup>> {
  const found = new Map<Digest, BuiltGroup | null>();
  for (const { key } of groups) found.set(key, await recallGroup(key, input));
  // The largest first, so that no thread is left with one at the end.
  const missing = groups
    .filter(({ key }) => found.get(key) === null)
    .map((group) => ({ ...group, size: sumSizes(group.packages) }))
    .toSorted((a, b) => b.size - a.size);
  const texts = input.openTexts?.(listNames(missing));
  const jobs = missing.map(({ packages, size }) => ({
    size,
    open: () => openTask(packages, { ...input, texts }),
  }));
  const build = input.buildGroups ?? buildGroupsHere;
  try {
    await build(jobs, async (place, group) => {
      const key = missing[place]?.key;
      if (key !== undefined && group !== null) found.set(key, await keepGroup(key, group, input));
    });
  } finally {
    await texts?.close();
  }
  const built = new Map<Digest, BuiltGroup>();
  for (const [key, group] of found) if (group !== null) built.set(key, group);
  // Every fault of every package is told, at its place in Git.
  if (built.size < found.size) throw notServable(input.catalog);
  return built;
}

function sumSizes(packages: readonly CatalogPackage[]): number {
  return packages.reduce((sum, pkg) => sum + estimateSize(pkg), 0);
}

function listNames(groups: readonly Pick<PackageGroup, 'packages'>[]): readonly string[] {
  return groups.flatMap(({ packages }) => packages.map(({ name }) => name));
}

interface TaskSource extends Pick<ContentInput, 'cache' | 'compression'> {
  readonly texts: TextStream | undefined;
}

async function openTask(
  packages: readonly CatalogPackage[],
  { cache, compression, texts }: TaskSource,
): Promise<GroupTask> {
  const catalog = { packages: new Map(packages.map((pkg) => [pkg.name, pkg])), loose: [] };
  await texts?.take(catalog.packages.keys());
  const files = [...listServed(catalog)];
  // Custom schemas are asked for once more, by what all groups share.
  texts?.release(packages.filter(({ others }) => others.length === 0).map(({ name }) => name));
  return { files, cache, compression };
}

function notServable(catalog: Catalog): ToolError {
  const problems = validateServable(catalog);
  if (problems.length === 0) throw new Error('A package was refused and nothing is wrong with it.');
  return new ToolError(
    'INDEX_NOT_SERVABLE',
    `opm could not serve this catalog:\n${problems.map(formatProblemLine).join('\n')}`,
    { hint: 'Correct it or exclude it (rules/<name>/exclude.yaml); no index was built.' },
  );
}

async function buildShared(
  key: Digest,
  groups: ReadonlyMap<Digest, BuiltGroup>,
  input: ContentInput,
): Promise<BuiltGroup> {
  const { catalog, cache, compression } = input;
  const rest = listRest(catalog);
  if (cache === 'json' && validateServable(rest).length > 0) throw notServable(catalog);
  const served = [...listServed(rest)];
  // The shared cache knows of a package what its summary says, and of its custom schemas what they say.
  const custom = [...catalog.packages.values()].filter(({ others }) => others.length > 0);
  await takeTexts(
    input.openTexts,
    custom.map(({ name }) => name),
  );
  const files = cache === 'json' ? renderCached(served, groups, catalog) : placeAll(served);
  if (files.length === 0 && groups.size > 0) return { layer: null, summaries: [] };
  const layer = buildLayer(files, { folders: ROOTS, compression });
  return keepGroup(key, { layer, summaries: [] }, input);
}

function placeAll(served: readonly CatalogFile[]): readonly CatalogFile[] {
  return served.map((file) => placeIn(CONFIGS_FOLDER, file));
}

function renderCached(
  served: readonly CatalogFile[],
  groups: ReadonlyMap<Digest, BuiltGroup>,
  catalog: Catalog,
): readonly CatalogFile[] {
  const summaries = new Map([...groups.values()].flatMap((group) => group.summaries));
  const settled = served.map((file) => settleConfig(file, LAYER_MODES));
  const own = new Map(settled.map(({ file, part }) => [file.path, part]));
  const paths = [...listCatalogFiles(catalog).keys()].toSorted(compareTreePaths);
  const shared = renderSharedCache({
    catalog,
    summaryOf: ({ name }) => expectSummary(summaries, name),
    configs: paths.map((path) => own.get(path) ?? expectSummary(summaries, dirname(path)).config),
    modes: LAYER_MODES,
  });
  const configs = placeAll(settled.map(({ file }) => file));
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
