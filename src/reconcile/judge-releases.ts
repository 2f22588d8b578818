import type { Snapshot, VerifyMessages } from '../git/port.ts';
import { formatReleaseItem, formatReleaseTag } from '../images/release.ts';
import { listReleasesInUse } from '../images/releases-in-use.ts';
import type { ObservedCluster } from '../manifest/observed-cluster.ts';
import type { ReadGraph } from '../manifest/release-graph.ts';
import type { MirrorManifest, PerRole } from '../manifest/types.ts';
import type { ReleaseFacts, ReleaseRefusal, SignatureFinding } from '../plan/release-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { findReleasePaths } from './find-release-paths.ts';
import { judgeSignatures } from './judge-signatures.ts';
import { type FoundGraph, findGraph } from './read-graph.ts';
import { readKeptSignatures } from './read-release-files.ts';
import type { ReleaseFault, ReleaseReading } from './read-releases.ts';
import { isListed, readClusters } from './releases-in-use.ts';

export interface ReleaseSubject {
  readonly manifest: MirrorManifest;
  readonly snapshot: Snapshot;
  readonly registries: PerRole<RegistryPort>;
  readonly signal: AbortSignal;
}

export interface JudgedReleases {
  /** Without the components of what is not to be trusted. */
  readonly reading: ReleaseReading;
  /** Null where no release is wanted. */
  readonly facts: ReleaseFacts | null;
}

export type ReleaseJudge = (
  reading: ReleaseReading,
  subject: ReleaseSubject,
) => Promise<JudgedReleases>;

/** Makes what says of releases that were read whether they are signed and who can get there; it remembers graphs of images. */
export function createReleaseJudge(verifyMessages: VerifyMessages): ReleaseJudge {
  const cache = new Map<string, ReadGraph>();
  return async (reading, subject) => {
    const { manifest, snapshot } = subject;
    if (manifest.releases.length === 0) return { reading, facts: null };
    const kept = await readKeptSignatures(snapshot);
    const signatures = await judgeSignatures(reading.content, kept, verifyMessages);
    const trusted = withoutUntrusted(reading, signatures);
    const clusters = await readClusters(snapshot);
    const { graph, problems } = await findGraphFor(clusters, { ...subject, cache });
    const paths = findReleasePaths({
      targets: reading.content.map(({ version, architecture }) => ({ version, architecture })),
      payloads: reading.content,
      mirrored: manifest.releases,
      graph,
      clusters,
    });
    return {
      reading: trusted,
      facts: {
        signatures,
        paths: paths.filter(({ verdict }) => verdict !== 'same' && verdict !== 'newer'),
        unlisted: listReleasesInUse(clusters).filter((used) => !isListed(used, manifest.releases)),
        refusals: listRefusals(reading.faults, signatures),
        problems: [...kept.problems, ...problems],
      },
    };
  };
}

function findGraphFor(
  clusters: readonly ObservedCluster[],
  context: Parameters<typeof findGraph>[0],
): Promise<FoundGraph> {
  // Nobody is there who would go anywhere.
  if (clusters.every(({ release }) => release === null))
    return Promise.resolve({ graph: null, place: null, problems: [] });
  return findGraph(context);
}

function isUntrusted({ state }: SignatureFinding): boolean {
  return state === 'refused' || state === 'unknown';
}

function withoutUntrusted(
  reading: ReleaseReading,
  signatures: readonly SignatureFinding[],
): ReleaseReading {
  const untrusted = new Set(
    signatures.filter(isUntrusted).map(({ release }) => formatReleaseTag(release)),
  );
  const content = reading.content.filter((release) => !untrusted.has(formatReleaseTag(release)));
  return { ...reading, content };
}

function listRefusals(
  faults: readonly ReleaseFault[],
  signatures: readonly SignatureFinding[],
): ReadonlyMap<string, ReleaseRefusal> {
  return new Map([
    ...faults.map(
      ({ release, code, message }) => [formatReleaseItem(release), { code, message }] as const,
    ),
    ...signatures.filter(isUntrusted).map(({ release, message }) => {
      const refusal = { code: 'IMAGES_UNTRUSTED_RELEASE' as const, message: message ?? '' };
      return [formatReleaseItem(release), refusal] as const;
    }),
  ]);
}
