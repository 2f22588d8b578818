import { parseImageRef } from '../base/image-ref.ts';
import { formatProblemLine } from '../base/problem.ts';
import { isToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { findGraphImage } from '../images/graph-image.ts';
import { mapRepository, RELEASE_PAYLOAD } from '../images/map-path.ts';
import { formatReleaseTag, parseReleaseTag } from '../images/release.ts';
import { listReleasesInUse } from '../images/releases-in-use.ts';
import type { ObservedCluster } from '../manifest/observed-cluster.ts';
import type { MirrorManifest, PerRole, ReleaseEntry } from '../manifest/types.ts';
import { packGraph } from '../plan/carry-graph.ts';
import type { CarriedCluster, CarriedRelease } from '../plan/media-release-types.ts';
import type { MediaSnapshot, UnclearAnswer } from '../plan/media-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { sortReleases, uniteReleases } from './find-release-paths.ts';
import { findGraph } from './read-graph.ts';
import { type ReleaseCache, readReleases } from './read-releases.ts';
import { listEntriesInUse } from './releases-in-use.ts';

export interface CarriedReleasesContext {
  readonly manifest: MirrorManifest;
  readonly snapshot: Snapshot;
  readonly registries: PerRole<RegistryPort>;
  /** Null where Git has no `in-use.yaml`. */
  readonly clusters: readonly ObservedCluster[] | null;
  readonly cache: ReleaseCache;
  readonly signal: AbortSignal;
}

export interface CarriedReleases
  extends Pick<MediaSnapshot, 'releases' | 'clusters' | 'graph' | 'updateService'> {
  readonly unclear: readonly UnclearAnswer[];
  /** What of the graph cannot be used, for people. */
  readonly warnings: readonly string[];
}

/** What a check of the ways of clusters to a release goes by outside; what production does not tell is named. */
export async function carryReleases(context: CarriedReleasesContext): Promise<CarriedReleases> {
  const { manifest, clusters, registries, cache, signal } = context;
  const known = uniteReleases([
    ...manifest.releases,
    ...listEntriesInUse(listReleasesInUse(clusters ?? [])),
  ]);
  const reading = await readReleases({ ...manifest, releases: known }, registries, {
    cache,
    signal,
  });
  const listed = await listHeld(context);
  const releases: CarriedRelease[] = [];
  for (const release of sortReleases(uniteReleases([...known, ...listed.releases])))
    releases.push(await describeRelease(release, { context, ...listed, reading }));
  const { graph, problems } = await findGraph({ ...context, cache: new Map() });
  return {
    releases,
    clusters: clusters?.map(carryCluster) ?? null,
    graph: graph === null ? null : packGraph(graph),
    updateService: findGraphImage(manifest) !== null,
    unclear: [
      ...listed.unclear,
      ...reading.faults.map(({ release, message }) => ({
        subject: `release ${formatReleaseTag(release)}`,
        message,
      })),
    ],
    warnings: problems.map(formatProblemLine),
  };
}

interface Described {
  readonly context: CarriedReleasesContext;
  /** That production lists. */
  readonly releases: readonly ReleaseEntry[];
  readonly reading: Awaited<ReturnType<typeof readReleases>>;
}

async function describeRelease(
  release: ReleaseEntry,
  { context, releases, reading }: Described,
): Promise<CarriedRelease> {
  const { manifest, registries, signal } = context;
  const tag = formatReleaseTag(release);
  const metadata = reading.content.find((it) => formatReleaseTag(it) === tag)?.metadata ?? null;
  const isListed = releases.some((it) => formatReleaseTag(it) === tag);
  const head = isListed
    ? ({ state: 'present' } as const)
    : await registries.production.headManifest(locatePayloads(manifest), tag, signal);
  return {
    version: release.version,
    architecture: release.architecture,
    wanted: manifest.releases.some((it) => formatReleaseTag(it) === tag),
    production: head.state,
    updates: metadata === null ? null : { previous: metadata.previous, next: metadata.next },
  };
}

async function listHeld({ manifest, registries, signal }: CarriedReleasesContext): Promise<{
  readonly releases: readonly ReleaseEntry[];
  readonly unclear: readonly UnclearAnswer[];
}> {
  const repository = locatePayloads(manifest);
  try {
    const tags = await registries.production.listTags(repository, signal);
    return { releases: tags.flatMap((tag) => parseReleaseTag(tag) ?? []), unclear: [] };
  } catch (error) {
    if (!isToolError(error)) throw error;
    const subject = `${manifest.registries.production.host}/${repository}`;
    return { releases: [], unclear: [{ subject, message: error.message }] };
  }
}

function locatePayloads(manifest: MirrorManifest): string {
  return mapRepository(parseImageRef(RELEASE_PAYLOAD), 'production', manifest);
}

function carryCluster({ name, seen, release }: ObservedCluster): CarriedCluster {
  if (release === null) return { name, seen, release };
  const { version, channel, architecture, history } = release;
  return {
    name,
    seen,
    release: {
      version,
      channel,
      architecture,
      history: history.map((entry) => ({ version: entry.version, state: entry.state })),
    },
  };
}
