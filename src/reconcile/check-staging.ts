import type { Clock } from '../base/clock.ts';
import type { EmitEvent } from '../base/events.ts';
import { hasErrors } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { listRunDigests, type RegistryNames } from '../cluster/find-pointers.ts';
import type { GitPort } from '../git/port.ts';
import { chooseRead } from '../images/choose-read.ts';
import { listBases } from '../images/list-bases.ts';
import { indexRepository } from '../images/map-path.ts';
import { createImageProver } from '../images/prove-image.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { sortFindings } from '../plan/describe-staged.ts';
import { type StagingFacts, sealStagingCheck } from '../plan/seal-staging-check.ts';
import type {
  CheckedRegistry,
  ClusterKind,
  StagedIndex,
  StagingCheck,
  Unclear,
} from '../plan/staging-types.ts';
import { checkClusters, type GivenCluster } from './check-clusters.ts';
import { checkServedIndexes } from './check-served-indexes.ts';
import { checkStagedImages } from './check-staged-images.ts';
import type { PreparedPass } from './prepare-pass.ts';
import { readClusterFiles } from './read-cluster-files.ts';
import { type ReleaseReading, readReleases } from './read-releases.ts';
import { readStagedIndexes } from './read-staged-indexes.ts';
import { readStatus } from './read-status.ts';
import { listRunReleases, withReleasesInUse } from './releases-in-use.ts';

export interface StagingRequest {
  /** Objects of each cluster that was given. */
  readonly clusters: readonly GivenCluster[];
  readonly stated: readonly ClusterKind[];
  readonly otherRegistries: readonly string[];
}

export interface StagingContext {
  readonly git: GitPort;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/**
 * Finds out whether staging may be emptied, by HEAD and GET alone: nothing that Git or a given cluster asks for would
 * be lost, and nothing given points at it. Throws `CATALOG_INVALID` where nobody can say what Git asks for.
 */
export async function checkStaging(
  prepared: PreparedPass,
  request: StagingRequest,
  { git, clock, emit, signal }: StagingContext,
): Promise<StagingCheck> {
  assertAppend(prepared.state.manifest);
  assertReadable(prepared);
  const { manifest, snapshot } = prepared.state;
  const { production, staging } = prepared.registries;
  const now = clock.now();
  const names = nameStaging(manifest, request.otherRegistries);
  const prover = createImageProver(production, { chooseRead: chooseRead('deep', now), signal });
  const clusters = checkClusters(
    { given: request.clusters, declared: await readClusterFiles(snapshot), stated: request.stated },
    names,
  );
  const status = await readStatus(prepared, git, signal);
  const indexes = await readStagedIndexes(prepared, status, now);
  const served = await checkServedIndexes(prepared, { prover, names });
  const reading = await readReleases(await withReleasesInUse(prepared.state), prepared.registries, {
    cache: new Map(),
    signal,
  });
  const run = listRunReleases(reading, manifest);
  const images = await checkStagedImages(prepared, {
    contents: indexes.contents,
    indexes: indexes.indexes,
    bases: listBases(manifest),
    pods: new Map([...run, ...listRunDigests(clusters.objects)]),
    prover,
    emit,
    signal,
  });
  const releases = listUnreadReleases(reading, staging.host);
  const changed = await listChanged(indexes.indexes, prepared, signal);
  const parts = [indexes, served, images, clusters];
  const { images: proved, blobs } = prover.counts();
  return sealStagingCheck({
    ...nameCheck(prepared, request),
    time: clock.now().toISOString(),
    indexes: indexes.indexes,
    ...images.counts,
    hindrances: sortFindings(parts.flatMap(({ hindrances }) => hindrances)),
    unclear: sortFindings([...releases, ...changed, ...parts.flatMap(({ unclear }) => unclear)]),
    unwanted: images.unwanted,
    clusters: clusters.clusters,
    proved: { images: proved, blobs },
    requests: production.countRequests() + staging.countRequests(),
  });
}

function nameCheck(
  { plan, state: { manifest } }: PreparedPass,
  { stated, otherRegistries }: StagingRequest,
): Pick<
  StagingFacts,
  | 'apiVersion'
  | 'kind'
  | 'mirror'
  | 'revision'
  | 'production'
  | 'staging'
  | 'stated'
  | 'otherRegistries'
> {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'StagingCheck',
    mirror: manifest.name,
    revision: plan.revision,
    production: describeRegistry(manifest, 'production'),
    staging: describeRegistry(manifest, 'staging'),
    stated,
    otherRegistries,
  };
}

// What was looked at is not what is there any more, if somebody delivers meanwhile.
async function listChanged(
  indexes: readonly StagedIndex[],
  { registries: { staging }, state: { manifest } }: PreparedPass,
  signal: AbortSignal,
): Promise<readonly Unclear[]> {
  const seen = await Promise.all(
    indexes.map(async ({ catalog, reference, digest }): Promise<readonly Unclear[]> => {
      const entry = manifest.catalogs.find(({ name }) => name === catalog);
      if (entry === undefined) throw new Error(`Catalog ${catalog} is in the manifest.`);
      const repository = indexRepository(entry, manifest, 'staging');
      const now = await staging.headManifest(repository, entry.tag.staging, signal);
      const found = now.state === 'present' ? now.digest : null;
      if (now.state === 'unknown' || found === digest) return [];
      const message = `The index of ${catalog} changed in staging while it was checked.`;
      const next = 'Wait until the delivery is there, take it in, and check again.';
      return [{ kind: 'index', subject: reference, message, next }];
    }),
  );
  return seen.flat();
}

// Staging serves then: what lies there is what clusters pull.
function assertAppend({ strategy }: MirrorManifest): void {
  if (strategy === 'append') return;
  throw new ToolError(
    'PLAN_UNSUPPORTED',
    'Under strategy relocate staging is the registry that serves clusters, so it may not be emptied.',
    { hint: '`olmirror relocate check` says whether production may be wiped.' },
  );
}

function assertReadable({ state: { catalogs } }: PreparedPass): void {
  const broken = catalogs.find(({ problems }) => hasErrors(problems));
  if (broken === undefined) return;
  throw new ToolError(
    'CATALOG_INVALID',
    `Catalog ${broken.entry.name} is not valid, so what it asks for cannot be told, and neither whether staging may be emptied.`,
    { hint: 'Run `olmirror validate` to see every fault.' },
  );
}

function nameStaging(
  { registries: { production, staging } }: MirrorManifest,
  others: readonly string[],
): RegistryNames {
  return {
    hosts: [staging.host, ...staging.aliases],
    pathPrefix: staging.pathPrefix,
    others: [production.host, ...production.aliases, ...others],
  };
}

function describeRegistry(
  { registries }: MirrorManifest,
  role: 'production' | 'staging',
): CheckedRegistry {
  const { host, aliases, pathPrefix } = registries[role];
  return { host, aliases, pathPrefix };
}

// Components of a release that cannot be read would look like nobody's.
function listUnreadReleases(
  { faults }: Pick<ReleaseReading, 'faults'>,
  subject: string,
): readonly Unclear[] {
  return faults.map(({ message, hint }) => ({
    kind: 'release',
    subject,
    message,
    next: hint ?? 'Mirror the release payload, or take it out of spec.releases of the manifest.',
  }));
}
