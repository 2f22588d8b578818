import { isToolError, ToolError } from '../base/tool-error.ts';
import { buildCatalog } from '../catalog/build-catalog.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import { findCatalogSource, listObjects } from '../cluster/find-catalog-source.ts';
import { type PublishedIndex, pointClusterFiles } from '../cluster/point-cluster-files.ts';
import { replaceFiles } from '../files/replace-files.ts';
import type { GitPort, Snapshot } from '../git/port.ts';
import { servedRepository } from '../images/map-path.ts';
import { CACHE_FOLDER } from '../index/build-group.ts';
import { findActivePin } from '../manifest/active-pin.ts';
import { dayOf } from '../manifest/day.ts';
import { letsTagsMove } from '../manifest/defaults.ts';
import { servingRegistry } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { BuiltCatalog, IndexBuilder } from '../reconcile/build-index.ts';
import { readCatalog } from '../reconcile/load-state.ts';
import { readClusterFiles } from '../reconcile/read-cluster-files.ts';
import { loadWanted } from '../reconcile/relocate-state.ts';
import type { MergeSummary } from '../report/render-merge-text.ts';
import { systemClock } from './system-clock.ts';

export interface TellContext {
  readonly git: GitPort;
  readonly manifest: MirrorManifest;
  /** Its name in its folder. */
  readonly manifestFile: string;
  /** One builder, made when it is first asked for. It asks the serving registry for a base; a catalog from scratch opens no connection. */
  readonly openBuilder: () => Promise<IndexBuilder>;
}

/**
 * Where the serving registry lets no tag move, lets `cluster/` of the working tree name the index that is served of its
 * catalog: the id is known before anything is built or pushed. Null where tags move, where a
 * pin holds what clusters are told, and where there is no package.
 */
export async function tellClusters(
  entry: CatalogEntry,
  { git, manifest, manifestFile, openBuilder }: TellContext,
): Promise<MergeSummary['cluster']> {
  const serving = servingRegistry(manifest);
  const pin = findActivePin(entry.pin, dayOf(systemClock.now()));
  if (letsTagsMove(serving) || pin !== null) return null;
  const snapshot = await git.openWorkingTree();
  const loaded = await readWanted(entry, { manifest, manifestFile, snapshot });
  if (loaded === null || loaded.catalog.packages.size === 0) return null;
  const builder = await openBuilder();
  const { imageId } = await builder
    .summarize(loaded, { manifest, snapshot })
    .catch((error) => failToTell(entry, error));
  const tag = formatImmutableTag(entry.tag.production, imageId);
  const told = await readClusterFiles(snapshot);
  const files = pointClusterFiles(told, {
    catalog: entry.name,
    host: serving.host,
    repository: servedRepository(entry, manifest),
    tag: entry.tag.production,
    to: tag,
    catalogSource: findCatalogSource(entry, { manifest, objects: listObjects(told) }),
    extract: findExtract(entry),
  });
  return { tag, files: await replaceFiles(git.folder, files, { remove: [] }) };
}

/** What is to be served of a catalog: all of it under `append`, under `relocate` what the working tree says is kept. */
async function readWanted(
  entry: CatalogEntry,
  {
    manifest,
    manifestFile,
    snapshot,
  }: Pick<TellContext, 'manifest' | 'manifestFile'> & { readonly snapshot: Snapshot },
): Promise<BuiltCatalog | null> {
  if (manifest.strategy === 'append') {
    const { catalog } = await readCatalog(snapshot, entry);
    return { entry, catalog, content: hashCatalog(catalog) };
  }
  const { catalogs } = await loadWanted(snapshot, manifestFile, systemClock.now());
  return catalogs.find((loaded) => loaded.entry.name === entry.name) ?? null;
}

/**
 * Throws where `tellClusters` could not tell the id of an index, since its base or builder image cannot be read; asked
 * before a merge writes anything.
 */
export async function assertCanTell(
  entry: CatalogEntry,
  { git, manifest, openBuilder }: TellContext,
): Promise<void> {
  const isAlone = entry.base === 'scratch' && entry.builderImage === null;
  if (letsTagsMove(servingRegistry(manifest)) || isAlone) return;
  const catalog = buildCatalog([]);
  const snapshot = await git.openWorkingTree();
  const builder = await openBuilder();
  await builder.summarize(
    { entry, catalog, content: hashCatalog(catalog) },
    { manifest, snapshot },
  );
}

// An image on a base starts by itself (design §8).
export function findExtract({ base, cache }: CatalogEntry): PublishedIndex['extract'] {
  if (base !== 'scratch') return null;
  return { catalogDir: '/configs', cacheDir: cache === 'none' ? null : `/${CACHE_FOLDER}` };
}

function failToTell({ name }: CatalogEntry, error: unknown): never {
  if (!isToolError(error)) throw error;
  throw new ToolError(
    error.code,
    `The catalog ${name} is merged, but which index it gives cannot be told, so cluster/ is as it was: ${error.message}`,
    {
      cause: error,
      disposition: error.disposition,
      hint: `Commit what was merged, then repeat \`olmirror merge ${name}\`: it does what is left.${error.hint === undefined ? '' : ` ${error.hint}`}`,
    },
  );
}
