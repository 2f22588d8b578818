import { compareBytes } from '../base/text.ts';
import { findCatalogSource, listObjects } from '../cluster/find-catalog-source.ts';
import { findExtracting } from '../cluster/find-extracting.ts';
import type { ClusterFile } from '../cluster/point-cluster-files.ts';
import { findIndexTag, listServedImages } from '../cluster/served-images.ts';
import type { GitPort, Snapshot } from '../git/port.ts';
import { indexRepository } from '../images/map-path.ts';
import { buildBridgesFileName, checkBridges } from '../manifest/bridges.ts';
import type { BridgeRule, DeliveryRecord } from '../manifest/types.ts';
import type { Handover, HandoverCatalog } from '../plan/handover-types.ts';
import type { StatusReport } from '../plan/status-types.ts';
import type { Check } from '../plan/types.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';
import { readClusterFiles } from './read-cluster-files.ts';

export interface HandoverContext {
  readonly git: Pick<GitPort, 'readRemoteUrl'>;
  readonly manifestFile: string;
  /** Null where nobody looked at the registries. */
  readonly status: StatusReport | null;
}

// Of the moment, or of this machine, so that the page would change without anything having changed.
const PASSING: ReadonlySet<Check['kind']> = new Set([
  'request-budget',
  'held',
  'capacity',
  'uncommitted',
  'write-policy',
]);

/** Puts together what Git says of a mirror and what was seen of it: the same state gives the same page. */
export async function readHandover(
  state: Omit<LoadedState, 'binding'>,
  { git, manifestFile, status }: HandoverContext,
): Promise<Handover> {
  const clusterFiles = await readClusterFiles(state.snapshot);
  const catalogs: HandoverCatalog[] = [];
  for (const loaded of state.catalogs)
    catalogs.push({
      ...describe(loaded, state, clusterFiles),
      bridges: await readBridgeRules(state.snapshot, loaded.entry.name),
      status: status?.catalogs.find(({ catalog }) => catalog === loaded.entry.name) ?? null,
    });
  return {
    manifest: state.manifest,
    manifestFile,
    remote: await git.readRemoteUrl(),
    catalogs,
    deliveries: state.records.toSorted(compareNewest),
    seen:
      status === null
        ? null
        : { ...status, checks: status.checks.filter(({ kind }) => !PASSING.has(kind)) },
  };
}

function describe(
  { entry, catalog, exclusions, missing }: LoadedCatalog,
  { manifest }: Pick<LoadedState, 'manifest'>,
  clusterFiles: readonly ClusterFile[],
): Omit<HandoverCatalog, 'bridges' | 'status'> {
  const place = { repository: indexRepository(entry, manifest), tag: entry.tag.production };
  const packages = [...catalog.packages.values()];
  return {
    entry,
    repository: {
      production: place.repository,
      staging: indexRepository(entry, manifest, 'staging'),
    },
    packages: packages.length,
    bundles: packages.reduce((sum, pkg) => sum + pkg.bundles.length, 0),
    catalogSource: findCatalogSource(entry, { manifest, objects: listObjects(clusterFiles) }),
    told: listTold(clusterFiles, place),
    extracted: findExtracting(clusterFiles, place).length > 0,
    exclusions,
    missing,
  };
}

function listTold(
  files: readonly ClusterFile[],
  place: { readonly repository: string; readonly tag: string },
): readonly string[] {
  const images = files
    .flatMap(({ text }) => listServedImages(text))
    .map(({ image }) => image)
    .filter((image) => findIndexTag(image, place) !== null);
  return [...new Set(images)].toSorted(compareBytes);
}

// A file with faults is for `validate` to tell.
async function readBridgeRules(
  snapshot: Snapshot,
  catalog: string,
): Promise<readonly BridgeRule[]> {
  const file = buildBridgesFileName(catalog);
  const bytes = await snapshot.readFile(file);
  return bytes === null ? [] : checkBridges(Buffer.from(bytes).toString(), file).bridges;
}

function compareNewest(a: DeliveryRecord, b: DeliveryRecord): number {
  return (
    compareBytes(b.date, a.date) ||
    compareBytes(a.catalog, b.catalog) ||
    compareBytes(a.digest, b.digest)
  );
}
