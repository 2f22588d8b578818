import type { ClosureEntry } from '../apply/port.ts';
import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import type { Presence } from '../base/presence.ts';
import { buildCatalog } from '../catalog/build-catalog.ts';
import { excludeFromDelivery } from '../catalog/exclude-content.ts';
import { findLack, type LackedContent } from '../catalog/find-lack.ts';
import type { Catalog } from '../catalog/types.ts';
import { findExtracting } from '../cluster/find-extracting.ts';
import { type ClusterFile, findClusterTags } from '../cluster/point-cluster-files.ts';
import type { GitPort } from '../git/port.ts';
import { indexRepository, servedRepository } from '../images/map-path.ts';
import { turnAddresses } from '../images/normalize-addresses.ts';
import { type IndexOrigin, readOrigin } from '../index/describe-index.ts';
import { readRecipeId } from '../index/podman-recipe.ts';
import type { IndexIdentity } from '../index/read-index.ts';
import { findActivePin } from '../manifest/active-pin.ts';
import { dayOf } from '../manifest/day.ts';
import { letsTagsMove } from '../manifest/defaults.ts';
import { isExpired } from '../manifest/exclude.ts';
import { servingRole } from '../manifest/serving-role.ts';
import { formatImmutableTag } from '../plan/item.ts';
import { type IndexStanding, isKept, judgeIndex } from '../plan/judge-index.ts';
import type { ObservedIndex, WantedIndex } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { IndexBuilder, IndexSummary } from './build-index.ts';
import { identifyIndex } from './identify-index.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';
import { observePin } from './observe-pin.ts';
import { type ObservedServed, observeServed } from './observe-served.ts';
import { readBuiltCatalog } from './read-built-catalog.ts';
import type { ServedFrom } from './read-missing-then.ts';
import { type KnownLayers, readServedCatalog } from './read-served-catalog.ts';

/** An observed index, and the catalog it serves where that had to be read. */
export interface IndexObservation {
  readonly wanted: WantedIndex;
  readonly observed: ObservedIndex;
  /** What is served today; null where nothing is, or it could not be read or need not be. */
  readonly served: Catalog | null;
  /** What is to be served: Git's catalog, or that of a pin where the tag must go there; null where that is unknown. */
  readonly target: Catalog | null;
  /** What the index of a pin names, where the tag must go there; null where Git's catalog says it. */
  readonly named: readonly ClosureEntry[] | null;
  /** What is served, and what it was built of; null where nothing is. */
  readonly servedFrom: ServedFrom | null;
}

export interface ServedCatalog {
  readonly digest: Digest;
  readonly catalog: Catalog;
}

export interface ObserveIndexContext {
  readonly state: LoadedState;
  /** The one that serves. */
  readonly registry: RegistryPort;
  readonly builder: IndexBuilder;
  readonly imageKeys: ReadonlyMap<string, readonly string[]>;
  /** By which Git says what clusters are told. */
  readonly clusterFiles: readonly ClusterFile[];
  readonly now: Date;
  /** Remembers what each repository served last. */
  readonly servedCache: Map<string, ServedCatalog>;
  /** Left out where nobody can look into earlier commits. */
  readonly openFiles?: GitPort['openFiles'] | undefined;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/**
 * Says what Git wants of one catalog's index, and what the serving registry has under its tag. Throws
 * `INDEX_BAD_BASE`, `INDEX_NOT_SERVABLE` or what the registry said of the base where none can be built.
 */
export async function observeIndex(
  loaded: LoadedCatalog,
  context: ObserveIndexContext,
): Promise<IndexObservation> {
  const summary = await context.builder.summarize(loaded, context.state);
  const wanted = wantIndex(loaded, summary, context);
  const { registry, signal } = context;
  const { diffIds, origin, ...served } = await observeServed(wanted, registry, signal);
  const expected = await identifyIndex(registry, {
    repository: wanted.repository,
    tag: formatImmutableTag(wanted.tag, wanted.imageId),
    signal,
  });
  const partial = {
    ...served,
    expectedImmutable: expected.presence,
    expectedImmutableId: expected.identity === null ? null : readId(expected.identity, wanted),
    movedBack: isMovedBack(wanted, expected.identity, origin),
  };
  const { moving } = partial;
  const pinned = await observePinned(wanted, { loaded, moving }, context);
  const { target, named } = pinned;
  const servedFrom = findServedFrom(moving, origin);
  const rest = { wanted, target: target ?? loaded.catalog, named, servedFrom };
  const observed = { ...partial, foreign: null, pinned: pinned.observed };
  const standing = judgeIndex(wanted, partial);
  if (isToBePushed(wanted, standing, expected.presence))
    await context.builder.assertStarts(loaded, context.state, diffIds);
  if (isAsInGit(wanted, standing)) {
    remember(moving, { wanted, catalog: loaded.catalog }, context);
    return { ...rest, observed, served: loaded.catalog };
  }
  // Which index clusters were told of before, no registry knows.
  if (!wanted.moves) return { ...rest, observed, served: null };
  const seen = { loaded, layers: summary.packages, standing, served, origin };
  const content = await readServed(wanted, seen, context);
  if (standing !== 'foreign' || content === null) return { ...rest, observed, served: content };
  const foreign = findForeign(content, loaded, context);
  return { ...rest, observed: { ...observed, foreign }, served: content };
}

// Without a time nobody can say that it is of a later commit, as after a commit that takes another one back.
function isMovedBack(
  wanted: WantedIndex,
  expected: IndexIdentity | null,
  origin: IndexOrigin | null,
): boolean {
  if (expected === null || readId(expected, wanted) !== wanted.imageId) return false;
  const built = readOrigin(expected)?.created ?? null;
  const created = origin?.created ?? null;
  return built === null || created === null || Date.parse(created) <= Date.parse(built);
}

function findServedFrom(moving: Presence, origin: IndexOrigin | null): ServedFrom | null {
  if (moving.state !== 'present') return null;
  return { digest: moving.digest, revision: origin?.revision ?? null };
}

/** What is served now is what the next commit will be compared with. */
function remember(
  moving: Presence,
  { wanted, catalog }: { readonly wanted: WantedIndex; readonly catalog: Catalog },
  { servedCache }: Pick<ObserveIndexContext, 'servedCache'>,
): void {
  if (moving.state === 'present')
    servedCache.set(wanted.repository, { digest: moving.digest, catalog });
}

function isToBePushed(wanted: WantedIndex, standing: IndexStanding, expected: Presence): boolean {
  return wanted.pin === null && expected.state === 'absent' && mayBePushed(standing, wanted);
}

// Of what stays as it is the base is not read again.
function mayBePushed(standing: IndexStanding, wanted: WantedIndex): boolean {
  switch (standing) {
    case 'unknown':
    case 'expected':
      return false;
    case 'foreign':
    case 'taken-in-equal':
      return !wanted.moves;
    case 'absent':
    case 'ours':
    case 'taken-in':
    case 'no-index':
      return true;
  }
}

function isAsInGit({ pin }: WantedIndex, standing: IndexStanding): boolean {
  return pin === null && (standing === 'expected' || standing === 'taken-in-equal');
}

interface PinnedTarget {
  readonly observed: ObservedIndex['pinned'];
  /** Null where Git's catalog is, or it could not be read. */
  readonly target: Catalog | null;
  readonly named: IndexObservation['named'];
}

async function observePinned(
  wanted: WantedIndex,
  { loaded, moving }: { readonly loaded: LoadedCatalog; readonly moving: Presence },
  context: ObserveIndexContext,
): Promise<PinnedTarget> {
  if (wanted.pin === null) return { observed: null, target: null, named: null };
  // Where no tag moves, the pin was looked into when clusters were told of it.
  function isServed(digest: Digest): boolean {
    return !wanted.moves || (moving.state === 'present' && moving.digest === digest);
  }
  const { observed, catalog, named } = await observePin(wanted, wanted.pin, {
    ...context,
    loaded,
    isServed,
    extracting: findExtracting(context.clusterFiles, wanted),
  });
  return { observed, target: catalog, named };
}

function readId(identity: IndexIdentity, { builder }: WantedIndex): Digest | null {
  return builder === 'podman' ? readRecipeId(identity.labels) : identity.imageId;
}

function findForeign(
  content: Catalog,
  loaded: LoadedCatalog,
  { state, now }: ObserveIndexContext,
): LackedContent {
  const complete = loaded.complete ?? loaded.catalog;
  const upstream = turnAddresses(content, state.manifest, complete).catalog;
  return findLack(complete, dropExcluded(upstream, { ...loaded, catalog: complete }, now));
}

// What is excluded is not missing: a merge would keep it out again.
function dropExcluded(served: Catalog, loaded: LoadedCatalog, now: Date): Catalog {
  const today = dayOf(now);
  const active = loaded.exclusions.filter((exclusion) => !isExpired(exclusion, today));
  return excludeFromDelivery(served, loaded.catalog, active).catalog;
}

function wantIndex(
  loaded: LoadedCatalog,
  summary: IndexSummary,
  context: ObserveIndexContext,
): WantedIndex {
  const { entry, catalog } = loaded;
  const { manifest, records } = context.state;
  const packages = [...catalog.packages.values()];
  const pin = findActivePin(entry.pin, dayOf(context.now));
  const place = { repository: servedRepository(entry, manifest), tag: entry.tag.production };
  const serving = servingRole(manifest);
  const delivered = `${indexRepository(entry, manifest, serving)}:${entry.tag[serving]}`;
  const isDelivered = delivered === `${place.repository}:${place.tag}`;
  const address = `${manifest.registries[serving].host}/${place.repository}:${place.tag}`;
  return {
    catalog: entry.name,
    serving,
    ...place,
    imageId: summary.imageId,
    builder: entry.builder,
    content: loaded.content,
    tree: loaded.tree,
    packages: packages.length,
    bundles: packages.reduce((sum, entryPackage) => sum + entryPackage.bundles.length, 0),
    bytes: summary.bytes,
    imageKeys: context.imageKeys.get(entry.name) ?? [],
    takenIn: records
      .filter((record) => record.catalog === entry.name)
      .map(({ digest, content, gaps }) => ({
        digest,
        content,
        ...(gaps.length === 0 ? {} : { partial: true as const }),
      })),
    canBeServed: entry.base !== 'scratch' || findExtracting(context.clusterFiles, place).length > 0,
    pin,
    endedPin: pin === null ? entry.pin : null,
    moves: letsTagsMove(manifest.registries[serving]),
    ...(isDelivered ? {} : { address }),
    told: findClusterTags(context.clusterFiles, place),
  };
}

interface SeenServed {
  readonly loaded: LoadedCatalog;
  /** Of Git's index. */
  readonly layers: KnownLayers['layers'];
  readonly standing: IndexStanding;
  readonly served: ObservedServed;
  readonly origin: IndexOrigin | null;
}

async function readServed(
  { repository }: WantedIndex,
  seen: SeenServed,
  context: ObserveIndexContext,
): Promise<Catalog | null> {
  const { loaded, layers, standing, served } = seen;
  const { moving } = served;
  // What is no index offers nothing, as if nothing were there.
  if (moving.state === 'absent' || standing === 'no-index') return buildCatalog([]);
  if (moving.state !== 'present') return null;
  const { digest } = moving;
  const remembered = context.servedCache.get(repository);
  if (remembered?.digest === digest) return remembered.catalog;
  // Only of an image that looks like ours: others may hide in one layer what another has.
  const known = served.servedLabelled ? { layers, catalog: loaded.catalog } : null;
  const catalog =
    (await readFromGit(seen, context)) ??
    (await readServedCatalog(context.registry, { repository, digest }, known));
  if (catalog !== null) context.servedCache.set(repository, { digest, catalog });
  return catalog;
}

// What others made with our labels, as on an index of ours as their base, does not lie under its own never-moving tag.
async function readFromGit(
  { loaded, served, origin }: SeenServed,
  { state, openFiles }: ObserveIndexContext,
): Promise<Catalog | null> {
  if (origin === null || openFiles === undefined || !isKept(served)) return null;
  return readBuiltCatalog(origin, { loaded, state, openFiles });
}
