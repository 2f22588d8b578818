import type { Digest } from '../base/digest.ts';
import { type Presence, unknownFrom } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import { buildCatalog, joinCatalog } from '../catalog/build-catalog.ts';
import { excludeFromDelivery } from '../catalog/exclude-content.ts';
import { findMissing } from '../catalog/find-missing.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { listExtractedImages } from '../cluster/find-extracting.ts';
import { joinPath } from '../images/map-path.ts';
import { OURS_LABEL } from '../index/build-config.ts';
import { readRecipeId } from '../index/podman-recipe.ts';
import {
  type IndexIdentity,
  readIndexCatalog,
  readIndexIdentity,
  readOtherLayers,
} from '../index/read-index.ts';
import { isExpired } from '../manifest/exclude.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { formatImmutableTag } from '../plan/item.ts';
import { type IndexStanding, judgeIndex } from '../plan/settle-index.ts';
import type { ForeignContent, ObservedIndex, WantedIndex } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { IndexBuilder, IndexSummary } from './build-index.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';

/** An observed index, and the catalog it serves where that had to be read. */
export interface IndexObservation {
  readonly wanted: WantedIndex;
  readonly observed: ObservedIndex;
  /** What is served today; null where nothing is, or it could not be read or need not be. */
  readonly served: Catalog | null;
}

export interface ServedCatalog {
  readonly digest: Digest;
  readonly catalog: Catalog;
}

export interface ObserveIndexContext {
  readonly state: LoadedState;
  readonly production: RegistryPort;
  readonly builder: IndexBuilder;
  readonly imageKeys: ReadonlyMap<string, readonly string[]>;
  readonly now: Date;
  /** Remembers what each repository served last. */
  readonly servedCache: Map<string, ServedCatalog>;
  readonly signal: AbortSignal;
}

/**
 * Says what Git wants of one catalog's index, and what production serves under its tag. Throws
 * `INDEX_BAD_BASE`, `INDEX_NOT_SERVABLE` or what the registry said of the base where none can be built.
 */
export async function observeIndex(
  loaded: LoadedCatalog,
  context: ObserveIndexContext,
): Promise<IndexObservation> {
  const summary = await context.builder.summarize(loaded, context.state);
  const wanted = await wantIndex(loaded, summary, context);
  const { production, signal } = context;
  const moving = await identify(production, {
    repository: wanted.repository,
    tag: wanted.tag,
    signal,
  });
  const expected = await identify(production, {
    repository: wanted.repository,
    tag: formatImmutableTag(wanted.tag, wanted.imageId),
    signal,
  });
  const served = describeServed(moving.identity);
  const { servedId } = served;
  const partial: Omit<ObservedIndex, 'foreign'> = {
    moving: moving.presence,
    ...served,
    servedImmutable:
      servedId === null
        ? null
        : await production.headManifest(
            wanted.repository,
            formatImmutableTag(wanted.tag, servedId),
            signal,
          ),
    expectedImmutable: expected.presence,
    expectedImmutableId: expected.identity === null ? null : readId(expected.identity, wanted),
  };
  const standing = judgeIndex(wanted, partial);
  if (standing === 'expected' || standing === 'taken-in-equal') {
    // What is served now is what the next commit will be compared with.
    if (moving.presence.state === 'present')
      context.servedCache.set(wanted.repository, {
        digest: moving.presence.digest,
        catalog: loaded.catalog,
      });
    return { wanted, observed: { ...partial, foreign: null }, served: loaded.catalog };
  }
  if (mayBePushed(standing, wanted, expected.presence))
    await context.builder.assertStarts(loaded, context.state, moving.identity?.diffIds ?? []);
  const content = await readServed(wanted, moving.presence, {
    context,
    // Only of an image that looks like ours: others may hide in one layer what another has.
    layers: served.servedLabelled ? summary.packages : new Map(),
    catalog: loaded.catalog,
  });
  const foreign: ForeignContent | null =
    standing === 'foreign' && content !== null
      ? findMissing(loaded.catalog, dropExcluded(content, loaded, context.now))
      : null;
  return { wanted, observed: { ...partial, foreign }, served: content };
}

// Of what stays as it is, or lies there already, the base is not read again.
function mayBePushed(standing: IndexStanding, wanted: WantedIndex, expected: Presence): boolean {
  const isKept = standing === 'unknown' || standing === 'foreign' || wanted.pinned !== null;
  return !isKept && expected.state === 'absent';
}

function describeServed(
  identity: IndexIdentity | null,
): Pick<ObservedIndex, 'servedId' | 'servedByRecipe' | 'servedLabelled' | 'servedStarts'> {
  if (identity === null)
    return { servedId: null, servedByRecipe: false, servedLabelled: false, servedStarts: false };
  const recipe = readRecipeId(identity.labels);
  return {
    servedId: recipe ?? identity.imageId,
    servedByRecipe: recipe !== null,
    servedLabelled: identity.labels[OURS_LABEL] !== undefined,
    servedStarts: identity.entrypoint.length > 0,
  };
}

function readId(identity: IndexIdentity, { builder }: WantedIndex): Digest | null {
  return builder === 'podman' ? readRecipeId(identity.labels) : identity.imageId;
}

// What is excluded is not missing: a merge would keep it out again.
function dropExcluded(served: Catalog, loaded: LoadedCatalog, now: Date): Catalog {
  const today = now.toISOString().slice(0, 10);
  const active = loaded.exclusions.filter((exclusion) => !isExpired(exclusion, today));
  return excludeFromDelivery(served, loaded.catalog, active).catalog;
}

async function wantIndex(
  loaded: LoadedCatalog,
  summary: IndexSummary,
  context: ObserveIndexContext,
): Promise<WantedIndex> {
  const { entry, catalog } = loaded;
  const { manifest, records } = context.state;
  const packages = [...catalog.packages.values()];
  return {
    catalog: entry.name,
    repository: indexRepository(loaded, manifest),
    tag: entry.tag.production,
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
      .map(({ digest, content }) => ({ digest, content })),
    canBeServed: entry.base !== 'scratch' || (await isExtracted(loaded, context)),
    pinned: describePin(entry.pin, context.now),
  };
}

const CLUSTER_FOLDER = 'cluster';

// Hosts differ between what a cluster pulls and the manifest, and the mirror rules may have several.
async function isExtracted(
  loaded: LoadedCatalog,
  { state }: ObserveIndexContext,
): Promise<boolean> {
  const suffix = `/${indexRepository(loaded, state.manifest)}:${loaded.entry.tag.production}`;
  const files = await state.snapshot.listFiles(CLUSTER_FOLDER);
  const objects = files.filter(({ path }) => /\.(?:ya?ml|json)$/.test(path));
  for await (const { bytes } of state.snapshot.readFiles(objects)) {
    const images = listExtractedImages(Buffer.from(bytes).toString());
    if (images.some((image) => image.endsWith(suffix))) return true;
  }
  return false;
}

// A pin ends by itself at `until`.
function describePin(pin: CatalogEntry['pin'], now: Date): string | null {
  if (pin === null || (pin.until !== null && now.getTime() >= Date.parse(pin.until))) return null;
  return `${pin.reason} (by ${pin.by}${pin.until === null ? '' : `, until ${pin.until}`})`;
}

export function indexRepository(
  loaded: Pick<LoadedCatalog, 'entry'>,
  manifest: MirrorManifest,
  role: 'production' | 'staging' = 'production',
): string {
  return joinPath(manifest.registries[role].pathPrefix, loaded.entry.repository[role]);
}

interface Identified {
  readonly presence: Presence;
  readonly identity: IndexIdentity | null;
}

async function identify(
  registry: RegistryPort,
  place: { readonly repository: string; readonly tag: string; readonly signal: AbortSignal },
): Promise<Identified> {
  const presence = await registry.headManifest(place.repository, place.tag, place.signal);
  if (presence.state !== 'present') return { presence, identity: null };
  try {
    return {
      presence,
      identity: await readIndexIdentity(registry, place.repository, presence.digest),
    };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { presence: unknownFrom(error), identity: null };
  }
}

/** What is known of layers that production may serve: those that hold packages of Git's catalog. */
interface KnownLayers {
  readonly context: ObserveIndexContext;
  readonly layers: ReadonlyMap<Digest, readonly string[]>;
  readonly catalog: Catalog;
}

// What is served only serves to tell people what changes: a served index that cannot be read stops nothing here.
async function readServed(
  wanted: WantedIndex,
  moving: Presence,
  known: KnownLayers,
): Promise<Catalog | null> {
  const { context } = known;
  if (moving.state === 'absent') return buildCatalog([]);
  if (moving.state !== 'present') return null;
  const remembered = context.servedCache.get(wanted.repository);
  if (remembered?.digest === moving.digest) return remembered.catalog;
  try {
    const catalog =
      (await readAround(wanted.repository, moving.digest, known)) ??
      (await readWhole(wanted.repository, moving.digest, context));
    context.servedCache.set(wanted.repository, { digest: moving.digest, catalog });
    return catalog;
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}

async function readWhole(
  repository: string,
  digest: Digest,
  { production }: ObserveIndexContext,
): Promise<Catalog> {
  return parseCatalog((await readIndexCatalog(production, repository, digest)).files).catalog;
}

// A change of one package leaves the other layers as they are, and what they hold is at hand. Null
// where the image is not made of such layers.
async function readAround(
  repository: string,
  digest: Digest,
  { context, layers, catalog }: KnownLayers,
): Promise<Catalog | null> {
  if (layers.size === 0) return null;
  const place = { repository, reference: digest };
  const { files, passed } = await readOtherLayers(context.production, place, (layer) =>
    layers.has(layer),
  );
  const { packages, loose } = parseCatalog(files).catalog;
  const names = passed.flatMap((layer) => layers.get(layer) ?? []);
  const same = names.flatMap((name) => catalog.packages.get(name) ?? []);
  if (names.some((name) => packages.has(name)) || same.length < names.length) return null;
  return joinCatalog([...packages.values(), ...same], loose);
}
