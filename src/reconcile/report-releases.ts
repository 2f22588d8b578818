import pMap from 'p-map';
import type { Clock } from '../base/clock.ts';
import { parseImageRef } from '../base/image-ref.ts';
import type { Presence } from '../base/presence.ts';
import { formatProblemLine } from '../base/problem.ts';
import { isToolError } from '../base/tool-error.ts';
import type { Snapshot, VerifyMessages } from '../git/port.ts';
import { mapRepository, RELEASE_COMPONENTS, RELEASE_PAYLOAD } from '../images/map-path.ts';
import { formatReleaseTag, parseReleaseTag, type ReadRelease } from '../images/release.ts';
import { listReleasesInUse, type ReleaseInUse } from '../images/releases-in-use.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest, PerRole, ReleaseEntry, RoleName } from '../manifest/types.ts';
import type {
  ComponentCount,
  ReleaseReport,
  ReportedRelease,
} from '../plan/release-report-types.ts';
import type { SignatureFinding } from '../plan/release-types.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import type { RegistryPort } from '../registry/port.ts';
import { findReleasePaths, sortReleases, uniteReleases } from './find-release-paths.ts';
import { judgeSignatures } from './judge-signatures.ts';
import { findGraph } from './read-graph.ts';
import { readKeptSignatures } from './read-release-files.ts';
import { type ReleaseReading, readReleases } from './read-releases.ts';
import { isListed, listEntriesInUse, readClusters } from './releases-in-use.ts';

export interface ReleaseReportContext {
  readonly manifest: MirrorManifest;
  readonly snapshot: Snapshot;
  readonly registries: PerRole<RegistryPort>;
  readonly verifyMessages: VerifyMessages;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const HEADS_AT_A_TIME = 16;

/**
 * Lists the releases that are wanted, in a registry or run by a cluster, and how clusters get to those that are wanted. Payloads
 * that nobody wants or runs are listed by their tags alone: reading one means reading its layers.
 */
export async function reportReleases(context: ReleaseReportContext): Promise<ReleaseReport> {
  const { manifest, snapshot, registries, signal } = context;
  const serving = servingRole(manifest);
  const clusters = await readClusters(snapshot);
  const used = listReleasesInUse(clusters);
  const listed = await listTagged(context);
  const known = uniteReleases([...manifest.releases, ...listEntriesInUse(used)]);
  const reading = await readReleases({ ...manifest, releases: known }, registries, {
    cache: new Map(),
    signal,
  });
  const kept = await readKeptSignatures(snapshot);
  const signatures = await judgeSignatures(reading.content, kept, context.verifyMessages);
  const facts: Facts = { reading, signatures, used, context };
  const all = sortReleases(uniteReleases([...known, ...listed.releases]));
  const releases = await pMap(all, (release) => describeRelease(release, facts), {
    concurrency: 1,
  });
  const { graph, place, problems } = await findGraph({ ...context, cache: new Map() });
  const paths = findReleasePaths({
    targets: manifest.releases,
    payloads: reading.content,
    mirrored: releases.filter(
      ({ wanted, production, staging }) =>
        wanted || production === 'present' || staging === 'present',
    ),
    graph,
    clusters,
  });
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'ReleaseReport',
    mirror: manifest.name,
    revision: snapshot.revision,
    time: context.clock.now().toISOString(),
    graph: place,
    releases,
    paths,
    notes: [...listed.notes, ...[...kept.problems, ...problems].map(formatProblemLine)],
    serving,
    exitCode: judge(releases, serving, listed.notes),
  };
}

interface Facts {
  readonly reading: ReleaseReading;
  readonly signatures: readonly SignatureFinding[];
  readonly used: readonly ReleaseInUse[];
  readonly context: ReleaseReportContext;
}

async function listTagged({ manifest, registries, signal }: ReleaseReportContext): Promise<{
  readonly releases: readonly ReleaseEntry[];
  readonly notes: readonly string[];
}> {
  const releases: ReleaseEntry[] = [];
  const notes: string[] = [];
  for (const role of ['production', 'staging'] as const) {
    const repository = mapRepository(parseImageRef(RELEASE_PAYLOAD), role, manifest);
    try {
      const tags = await registries[role].listTags(repository, signal);
      releases.push(...tags.flatMap((tag) => parseReleaseTag(tag) ?? []));
    } catch (error) {
      if (!isToolError(error)) throw error;
      notes.push(`Which payloads ${role} holds besides cannot be listed: ${error.message}`);
    }
  }
  return { releases, notes };
}

async function describeRelease(
  release: ReleaseEntry,
  { reading, signatures, used, context }: Facts,
): Promise<ReportedRelease> {
  const tag = formatReleaseTag(release);
  const [production, staging] = await Promise.all([
    headPayload(tag, 'production', context),
    headPayload(tag, 'staging', context),
  ]);
  const content = reading.content.find((it) => formatReleaseTag(it) === tag) ?? null;
  const fault = reading.faults.find((it) => formatReleaseTag(it.release) === tag);
  const signature = signatures.find((it) => formatReleaseTag(it.release) === tag);
  const found = [production, staging].flatMap((answer) =>
    answer.state === 'present' ? [answer.digest] : [],
  );
  return {
    ...release,
    wanted: context.manifest.releases.some((it) => formatReleaseTag(it) === tag),
    digest: found[0] ?? null,
    production: production.state,
    staging: staging.state,
    users: used
      .filter((it) => isListed(it, [release]))
      .map(({ cluster, use, seen }) => ({ cluster, use, seen })),
    signature:
      signature === undefined
        ? null
        : { state: signature.state, count: signature.count, message: signature.message },
    components: content === null ? null : await countComponents(content, context),
    fault: fault?.message ?? null,
  };
}

function headPayload(
  tag: string,
  role: RoleName,
  { manifest, registries, signal }: ReleaseReportContext,
): Promise<Presence> {
  const repository = mapRepository(parseImageRef(RELEASE_PAYLOAD), role, manifest);
  return registries[role].headManifest(repository, tag, signal);
}

async function countComponents(
  { components }: ReadRelease,
  { manifest, registries, signal }: ReleaseReportContext,
): Promise<ComponentCount> {
  const role = servingRole(manifest);
  const repository = mapRepository(parseImageRef(RELEASE_COMPONENTS), role, manifest);
  const states = await pMap(
    components,
    async ({ name, image }) => {
      const { digest } = parseImageRef(image);
      const { state } = await registries[role].headManifest(repository, digest ?? '', signal);
      return { name, state };
    },
    { concurrency: HEADS_AT_A_TIME },
  );
  function nameThose(wanted: Presence['state']): readonly string[] {
    return states.filter(({ state }) => state === wanted).map(({ name }) => name);
  }
  return {
    total: states.length,
    present: nameThose('present').length,
    missing: nameThose('absent'),
    unknown: nameThose('unknown'),
  };
}

function judge(
  releases: readonly ReportedRelease[],
  serving: RoleName,
  unlisted: readonly string[],
): ExitCode {
  if (unlisted.length > 0 || releases.some(isUnknown)) return 1;
  return releases.some((release) => isRefused(release, serving)) ? 4 : 0;
}

function isUnknown({ production, staging, components, signature }: ReportedRelease): boolean {
  return (
    production === 'unknown' ||
    staging === 'unknown' ||
    signature?.state === 'unknown' ||
    (components?.unknown.length ?? 0) > 0
  );
}

// What a cluster runs must be whole, or a pod that starts anew finds no image.
function isRefused(release: ReportedRelease, serving: RoleName): boolean {
  const { users, components, signature, fault } = release;
  const isWhole = release[serving] === 'present' && components?.missing.length === 0;
  return fault !== null || signature?.state === 'refused' || (users.length > 0 && !isWhole);
}
