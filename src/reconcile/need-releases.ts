import { parseImageRef } from '../base/image-ref.ts';
import { mapRepository, RELEASE_PAYLOAD } from '../images/map-path.ts';
import { formatReleaseTag, nameMachine } from '../images/release.ts';
import { listReleasesInUse } from '../images/releases-in-use.ts';
import type { ReleaseGraph } from '../manifest/release-graph.ts';
import type { ReleaseEntry } from '../manifest/types.ts';
import { unpackGraph } from '../plan/carry-graph.ts';
import { chooseReleaseChannels } from '../plan/choose-release-channels.ts';
import type { NeededRelease, NeededReleases, ReleaseReason } from '../plan/media-release-types.ts';
import type { MediaSnapshot } from '../plan/media-types.ts';
import type { PathFinding } from '../plan/release-types.ts';
import { findReleasePaths, sortReleases, uniteReleases } from './find-release-paths.ts';
import { listEntriesInUse } from './releases-in-use.ts';

export interface ReleaseRequest {
  /** Versions, with an architecture where somebody said one. */
  readonly asked: readonly { readonly version: string; readonly architecture: string | null }[];
  /** That clusters are to follow; null for the one that each follows. */
  readonly channel: string | null;
  /** A newer graph than the snapshot has; null for none. */
  readonly given: { readonly place: string; readonly graph: ReleaseGraph } | null;
}

/**
 * What of releases has to come, and whether clusters get there: those asked for, those that Git lists or clusters run and
 * production lacks, and what a way leads over. Null where that is none.
 */
export function needReleases(
  snapshot: MediaSnapshot,
  request: ReleaseRequest,
): NeededReleases | null {
  const facts = collectFacts(snapshot, request);
  const { targets, running } = facts;
  if (targets.length + running.length === 0) return null;
  const own = [...facts.held, ...targets, ...running];
  const way = uniteReleases(
    findPaths(facts, own).flatMap(({ verdict, release, steps }) =>
      verdict === 'not-mirrored'
        ? steps.flatMap(({ to, mirrored }) =>
            mirrored ? [] : [{ version: to, architecture: release.architecture }],
          )
        : [],
    ),
  );
  const paths = findPaths(facts, [...own, ...way]);
  const lacking = [...targets.filter((release) => !isAmong(release, facts.held)), ...running];
  const versions = sortReleases(uniteReleases([...lacking, ...way]));
  const chosen = chooseReleaseChannels(versions, { ...facts, paths, asked: request.channel });
  return {
    graph: facts.place,
    updateService: snapshot.updateService,
    bring: versions.map((release) => describe(release, { snapshot, facts, chosen })),
    held: sortReleases(targets.filter((release) => isAmong(release, facts.held))),
    channels: chosen.entries,
    machines: [
      ...new Set(versions.map(({ architecture }) => nameMachine(architecture))),
    ].toSorted(),
    paths,
    notes: [...listNotes(snapshot, facts), ...chosen.notes],
  };
}

type Payloads = Parameters<typeof findReleasePaths>[0]['payloads'];

interface Facts {
  readonly graph: ReleaseGraph | null;
  readonly place: string | null;
  readonly clusters: Parameters<typeof findReleasePaths>[0]['clusters'];
  readonly payloads: Payloads;
  readonly asked: readonly ReleaseEntry[];
  /** Asked for, or listed in Git and not held. */
  readonly targets: readonly ReleaseEntry[];
  /** Run by a cluster, and not held. */
  readonly running: readonly ReleaseEntry[];
  readonly held: readonly ReleaseEntry[];
}

function collectFacts(snapshot: MediaSnapshot, { asked, channel, given }: ReleaseRequest): Facts {
  const { releases } = snapshot;
  const held = releases.filter(({ production }) => production === 'present');
  const observed = (snapshot.clusters ?? []).map((cluster) => ({
    ...cluster,
    release: cluster.release && {
      ...cluster.release,
      image: null,
      history: cluster.release.history.map((entry) => ({ ...entry, image: null })),
    },
  }));
  const run = listEntriesInUse(listReleasesInUse(observed));
  const machines = run.length === 0 ? listEntriesInUse([UNSAID]) : run;
  const wished = uniteReleases(
    asked.flatMap(({ version, architecture }) =>
      architecture === null
        ? machines.map((entry) => ({ version, architecture: entry.architecture }))
        : [{ version, architecture }],
    ),
  );
  const wanted = releases.filter((entry) => entry.wanted && !isAmong(entry, held));
  const carried = snapshot.graph === null ? null : unpackGraph(snapshot.graph);
  const fallback = carried === null ? null : 'snapshot';
  return {
    graph: given?.graph ?? carried,
    place: given?.place ?? fallback,
    clusters: observed.map(({ name, seen, release }) => ({
      name,
      seen,
      release: release && { ...release, channel: channel ?? release.channel },
    })),
    payloads: releases.map(({ version, architecture, updates }) => ({
      version,
      architecture,
      metadata: updates && { version, architecture, ...updates },
    })),
    asked: wished,
    targets: uniteReleases([...wished, ...wanted]),
    running: run.filter((release) => !isAmong(release, held)),
    held,
  };
}

// Of a cluster that nobody saw the architecture is that which manifests mean without a word.
const UNSAID = {
  cluster: '',
  seen: null,
  version: '',
  image: null,
  architecture: null,
  use: 'running',
} as const;

function findPaths(
  { targets, payloads, graph, clusters }: Facts,
  mirrored: readonly ReleaseEntry[],
): readonly PathFinding[] {
  return findReleasePaths({ targets, payloads, mirrored, graph, clusters });
}

interface Described {
  readonly snapshot: MediaSnapshot;
  readonly facts: Facts;
  readonly chosen: ReturnType<typeof chooseReleaseChannels>;
}

function describe(release: ReleaseEntry, { snapshot, facts, chosen }: Described): NeededRelease {
  const tag = formatReleaseTag(release);
  const reference = `${RELEASE_PAYLOAD}:${tag}`;
  const repository = mapRepository(parseImageRef(reference), 'production', snapshot);
  const known = snapshot.releases.find((entry) => formatReleaseTag(entry) === tag);
  const unlisted = snapshot.unclear.some(({ subject }) => subject.endsWith(`/${repository}`));
  const isUnsure = known?.production === 'unknown' || (known === undefined && unlisted);
  return {
    ...release,
    why: findReason(release, snapshot, facts),
    reference,
    repository,
    state: isUnsure ? 'unknown' : 'absent',
    channel: chosen.channelOf.get(tag) ?? null,
  };
}

function findReason(
  release: ReleaseEntry,
  { releases }: MediaSnapshot,
  { asked, running }: Facts,
): ReleaseReason {
  if (isAmong(release, asked)) return 'asked';
  const wanted = releases.filter((entry) => entry.wanted);
  if (isAmong(release, wanted)) return 'wanted';
  return isAmong(release, running) ? 'in-use' : 'way';
}

function listNotes({ clusters }: MediaSnapshot, { targets, place }: Facts): readonly string[] {
  const unseen = (clusters ?? []).filter(({ release }) => release === null);
  if (targets.length === 0) return [];
  if (unseen.length === (clusters ?? []).length)
    return [
      'The snapshot names no cluster with its release, so nobody knows who gets there: `olmirror in-use` inside tells.',
    ];
  return [
    ...unseen.map(({ name }) => `The release that ${name} runs is not known.`),
    ...(place === null
      ? ['There is no graph of updates: --graph takes what an update service answers.']
      : []),
    ...(place === 'snapshot'
      ? [
          'The graph of updates is that of the snapshot, which does not know of later releases: --graph takes a newer one.',
        ]
      : []),
  ];
}

function isAmong(release: ReleaseEntry, others: readonly ReleaseEntry[]): boolean {
  const tag = formatReleaseTag(release);
  return others.some((other) => formatReleaseTag(other) === tag);
}
