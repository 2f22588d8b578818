import { isToolError, ToolError } from '../base/tool-error.ts';
import { buildCatalog } from '../catalog/build-catalog.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import { findCatalogSource, listObjects } from '../cluster/find-catalog-source.ts';
import { type PublishedIndex, pointClusterFiles } from '../cluster/point-cluster-files.ts';
import { replaceFiles } from '../files/replace-files.ts';
import type { GitPort } from '../git/port.ts';
import { indexRepository } from '../images/map-path.ts';
import { CACHE_FOLDER } from '../index/build-group.ts';
import { findActivePin } from '../manifest/active-pin.ts';
import { dayOf } from '../manifest/day.ts';
import { letsTagsMove } from '../manifest/defaults.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { IndexBuilder } from '../reconcile/build-index.ts';
import { readCatalog } from '../reconcile/load-state.ts';
import { readClusterFiles } from '../reconcile/read-cluster-files.ts';
import type { MergeSummary } from '../report/render-merge-text.ts';
import { systemClock } from './system-clock.ts';

export interface TellContext {
  readonly git: GitPort;
  readonly manifest: MirrorManifest;
  /** One builder, made when it is first asked for. It asks production for a base; a catalog from scratch opens no connection. */
  readonly openBuilder: () => Promise<IndexBuilder>;
}

/**
 * Where production lets no tag move, lets `cluster/` of the working tree name the index that its
 * catalog gives: the id is known before anything is built or pushed. Null where tags move, where a
 * pin holds what clusters are told, and where there is no package.
 */
export async function tellClusters(
  entry: CatalogEntry,
  { git, manifest, openBuilder }: TellContext,
): Promise<MergeSummary['cluster']> {
  const { production } = manifest.registries;
  const pin = findActivePin(entry.pin, dayOf(systemClock.now()));
  if (letsTagsMove(production) || pin !== null) return null;
  const snapshot = await git.openWorkingTree();
  const { catalog } = await readCatalog(snapshot, entry);
  if (catalog.packages.size === 0) return null;
  const loaded = { entry, catalog, content: hashCatalog(catalog) };
  const builder = await openBuilder();
  const { imageId } = await builder
    .summarize(loaded, { manifest, snapshot })
    .catch((error) => failToTell(entry, error));
  const tag = formatImmutableTag(entry.tag.production, imageId);
  const told = await readClusterFiles(snapshot);
  const files = pointClusterFiles(told, {
    catalog: entry.name,
    host: production.host,
    repository: indexRepository(entry, manifest),
    tag: entry.tag.production,
    to: tag,
    catalogSource: findCatalogSource(entry, { manifest, objects: listObjects(told) }),
    extract: findExtract(entry),
  });
  return { tag, files: await replaceFiles(git.folder, files, { remove: [] }) };
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
  if (letsTagsMove(manifest.registries.production) || isAlone) return;
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
