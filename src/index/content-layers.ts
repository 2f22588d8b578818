import { dirname } from 'node:path/posix';
import type { Digest } from '../base/digest.ts';
import { formatProblemLine } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { compareTreePaths } from '../base/tree-order.ts';
import { validateServable } from '../catalog/cache/validate-servable.ts';
import { listCatalogFiles } from '../catalog/render-catalog.ts';
import type { Catalog, CatalogFile } from '../catalog/types.ts';
import { CACHE_FOLDER, CONFIGS_FOLDER, placeIn, ROOTS } from './build-group.ts';
import { buildGroups, type GroupsInput, listServed } from './build-groups.ts';
import { buildLayer } from './build-layer.ts';
import { hashParts } from './cache/digest-part.ts';
import { type PackageSummary, renderSharedCache } from './cache/json-cache.ts';
import { settleConfig } from './cache/settle-files.ts';
import { LAYER_MODES } from './cache/tree-entries.ts';
import { groupPackages, keyOfShared, listRest, type PackageGroup } from './layer-keys.ts';
import {
  type BuiltGroup,
  type ContentLayers,
  keepGroup,
  recallGroup,
  takeTexts,
} from './layer-memory.ts';

export interface ContentInput extends GroupsInput {
  /** With the references that are to be served. */
  readonly catalog: Catalog;
}

/**
 * Lays a catalog and its opm cache into layers so that a change of one package changes the layer of
 * its group and the last, small one. Both follow from content and format alone. Throws
 * `INDEX_NOT_SERVABLE` where opm could not build the cache.
 */
export async function buildContentLayers(input: ContentInput): Promise<ContentLayers> {
  const { catalog } = input;
  const groups = groupPackages(catalog, input);
  const built = await buildServable(groups, input);
  const shared = keyOfShared(catalog, groups, input);
  const last = (await recallGroup(shared, input)) ?? (await buildShared(shared, built, input));
  const all = new Map([...built, [shared, last] as const]);
  const layers = [...all.values()].flatMap(({ layer }) => (layer === null ? [] : [layer]));
  return { layers, groups: all, packages: listPackages(groups, built) };
}

async function buildServable(
  groups: readonly PackageGroup[],
  input: ContentInput,
): Promise<ReadonlyMap<Digest, BuiltGroup>> {
  const built = new Map<Digest, BuiltGroup>();
  for (const [key, group] of await buildGroups(groups, input)) {
    // Every fault of every package is told, at its place in Git.
    if (group === null) throw notServable(input.catalog);
    built.set(key, group);
  }
  return built;
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
  return keepGroup(key, { layer, summaries: [], runs: [] }, input);
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
  const parts = hashParts(settled.map(({ chain }) => chain));
  const own = new Map(settled.map(({ file }, index) => [file.path, parts[index]]));
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
