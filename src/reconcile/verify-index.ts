import type { Digest } from '../base/digest.ts';
import { shortHex } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { formatProblemLine, hasErrors } from '../base/problem.ts';
import { formatCount, formatRevision } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { diffCatalogs, type PackageDiff } from '../catalog/diff-catalogs.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { validatePackage } from '../catalog/validate-catalog.ts';
import { servedRepository } from '../images/map-path.ts';
import { turnAddresses } from '../images/normalize-addresses.ts';
import { CONTENT_LABEL, OURS_LABEL } from '../index/build-config.ts';
import {
  describeCacheFault,
  findUnchecked,
  type IndexCache,
  type InspectedImage,
} from '../index/describe-index.ts';
import { readRecipeId } from '../index/podman-recipe.ts';
import type { IndexIdentity } from '../index/read-index.ts';
import { findActivePin } from '../manifest/active-pin.ts';
import type { RoleName } from '../manifest/types.ts';
import { formatPin } from '../plan/index-checks.ts';
import { failed, passed, skipped, unknown, type VerifiedCheck } from '../plan/verified-check.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { IndexBuilder } from './build-index.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';
import { verifyClosure } from './verify-closure.ts';

/** An index image as it was read, its caches judged already. */
export interface IndexSubject {
  readonly image: Pick<IndexIdentity, 'imageId' | 'labels' | 'digest'>;
  readonly catalog: Catalog;
  /** Faults of reading the catalog, as lines. */
  readonly faults: readonly string[];
  readonly caches: readonly IndexCache[];
  readonly cacheFault: string | null;
  /** Null for an OCI layout. */
  readonly registry: RegistryPort | null;
  /** Null for a registry that the manifest does not name. */
  readonly role: RoleName | null;
  /** It is what clusters are told of, so that a pin of its catalog is about it. */
  readonly served: boolean;
}

/** What `verifyIndex` looks at, out of an image that was read. */
export function buildSubject(
  { imageId, labels, digest, files, caches, cacheFault }: InspectedImage,
  place: Pick<IndexSubject, 'registry' | 'role' | 'served'>,
): IndexSubject {
  const { catalog, problems } = parseCatalog(files);
  const all = [...problems, ...[...catalog.packages.values()].flatMap(validatePackage)];
  const faults = all.filter(({ severity }) => severity === 'error').map(formatProblemLine);
  const { registry, role, served } = place;
  const image = { imageId, labels, digest };
  return { image, catalog, faults, caches, cacheFault, registry, role, served };
}

export interface VerifyContext {
  readonly state: LoadedState;
  readonly loaded: LoadedCatalog;
  readonly builder: IndexBuilder;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** Holds an index image against what a commit says of its catalog, and against its registry. */
export async function verifyIndex(
  subject: IndexSubject,
  context: VerifyContext,
): Promise<readonly VerifiedCheck[]> {
  const { manifest } = context.state;
  const { catalog } = turnAddresses(subject.catalog, manifest, context.loaded.catalog);
  const content = hashCatalog(catalog);
  const held = subject.served && findActivePin(context.loaded.entry.pin, context.today) !== null;
  const against = held
    ? listUncounted(formatRevision(context.state.snapshot.revision))
    : [
        await checkImageId(subject, content, context),
        checkContent({ ...subject, catalog }, content, context),
      ];
  return [
    checkCatalog(subject),
    ...(subject.served ? await checkPin(subject, context) : []),
    ...against,
    ...checkCaches(subject),
    await verifyClosure({ ...subject, catalog }, context),
  ];
}

function checkCatalog({ catalog, faults }: IndexSubject): VerifiedCheck {
  if (faults.length > 0)
    return failed(
      'catalog',
      `opm would refuse the catalog: ${formatCount(faults.length, 'fault')}.`,
      faults,
    );
  const packages = [...catalog.packages.values()];
  const bundles = packages.reduce((sum, pkg) => sum + pkg.bundles.length, 0);
  if (packages.length === 0) return failed('catalog', 'The catalog is empty.');
  return passed(
    'catalog',
    `The catalog is sound: ${formatCount(packages.length, 'package')}, ${formatCount(bundles, 'bundle')}.`,
  );
}

async function checkPin(
  { image, registry }: IndexSubject,
  context: VerifyContext,
): Promise<readonly VerifiedCheck[]> {
  const { state, loaded, today, signal } = context;
  if (loaded.entry.pin === null) return [];
  const pin = findActivePin(loaded.entry.pin, today);
  if (pin === null || registry === null)
    return [skipped('pin', `The pin has ended: ${formatPin(loaded.entry.pin)}.`)];
  const repository = servedRepository(loaded.entry, state.manifest);
  const presence = await registry.headManifest(repository, pin.tag, signal);
  const about = `what the pin names, ${formatPin(pin)}`;
  if (presence.state === 'unknown')
    return [unknown('pin', `Whether it is ${about}, cannot be told: ${presence.message}`)];
  if (presence.state === 'absent')
    return [failed('pin', `${registry.host} does not hold ${about}.`)];
  return presence.digest === image.digest
    ? [passed('pin', `It is ${about}.`)]
    : [failed('pin', `It is not ${about}: that is manifest ${shortHex(presence.digest)}.`)];
}

function listUncounted(commit: string): readonly VerifiedCheck[] {
  const why = `of ${commit} does not count while the index is pinned; --against holds it against another commit`;
  return [skipped('image-id', `The image id ${why}.`), skipped('content', `The catalog ${why}.`)];
}

async function checkImageId(
  { image }: IndexSubject,
  content: Digest,
  { state, loaded, builder }: VerifyContext,
): Promise<VerifiedCheck> {
  const commit = formatRevision(state.snapshot.revision);
  if (image.labels[OURS_LABEL] === undefined)
    return skipped('image-id', `olmirror did not build it, so its content is what counts.`);
  if (hasErrors(loaded.problems)) return { ...unsound(loaded, commit), name: 'image-id' };
  const wanted = await summarize(builder, loaded, state);
  if ('fault' in wanted)
    return unknown('image-id', `The image id that ${commit} gives cannot be told: ${wanted.fault}`);
  if (loaded.entry.builder === 'podman') return checkRecipe(image, wanted.imageId, commit);
  if (image.imageId === wanted.imageId)
    return passed('image-id', `The image id is ${shortHex(image.imageId)}, as ${commit} gives it.`);
  const why =
    content === loaded.content
      ? ' The content is the same, so base, platforms, labels or builder differ.'
      : '';
  return failed(
    'image-id',
    `The image id is ${shortHex(image.imageId)}, and ${commit} gives ${shortHex(wanted.imageId)}.${why}`,
  );
}

// Two builds of podman have two image ids, so it is the recipe that is held against Git, and the content.
function checkRecipe(
  { imageId, labels }: IndexSubject['image'],
  wanted: Digest,
  commit: string,
): VerifiedCheck {
  const recipe = readRecipeId(labels);
  if (recipe === wanted)
    return passed(
      'image-id',
      `podman built it of recipe ${shortHex(wanted)}, as ${commit} gives it; the image id ${shortHex(imageId)} is that of this one build.`,
    );
  const found = recipe === null ? 'podman did not build it' : `its recipe is ${shortHex(recipe)}`;
  return failed('image-id', `${commit} wants recipe ${shortHex(wanted)}, and ${found}.`);
}

async function summarize(
  builder: IndexBuilder,
  loaded: LoadedCatalog,
  state: LoadedState,
): Promise<{ readonly imageId: Digest } | { readonly fault: string }> {
  try {
    return await builder.summarize(loaded, state);
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { fault: error.message };
  }
}

function unsound(loaded: LoadedCatalog, commit: string): VerifiedCheck {
  const errors = loaded.problems.filter(({ severity }) => severity === 'error');
  return unknown(
    'content',
    `The catalog ${loaded.entry.name} has ${formatCount(errors.length, 'fault')} at ${commit}, so nothing can be held against it.`,
    errors.map(formatProblemLine),
  );
}

function checkContent(
  { image, catalog }: IndexSubject,
  content: Digest,
  { state, loaded }: VerifyContext,
): VerifiedCheck {
  const commit = formatRevision(state.snapshot.revision);
  if (hasErrors(loaded.problems)) return unsound(loaded, commit);
  if (content !== loaded.content)
    return failed(
      'content',
      `The catalog is not that of ${commit}.`,
      listDifferences(loaded.catalog, catalog),
    );
  const label = image.labels[CONTENT_LABEL];
  if (label !== undefined && label !== content)
    return failed(
      'content',
      `Its label ${CONTENT_LABEL} says ${label}, and its content is ${content}.`,
    );
  return passed('content', `The catalog says what ${commit} says.`);
}

function listDifferences(git: Catalog, served: Catalog): readonly string[] {
  const { packages, looseChanged } = diffCatalogs(git, served);
  const lines = packages.map(formatDifference);
  return looseChanged ? [...lines, 'objects of no package differ'] : lines;
}

function formatDifference(change: PackageDiff): string {
  switch (change.kind) {
    case 'added':
      return `${change.package} is in the index, not in Git`;
    case 'removed':
      return `${change.package} is in Git, not in the index`;
    case 'changed':
      return `${change.package} differs${listNames('in Git only', change.bundlesRemoved)}${listNames('in the index only', change.bundlesAdded)}`;
  }
}

function listNames(where: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `; ${where}: ${names.join(', ')}`;
}

function checkCaches({ caches, cacheFault }: IndexSubject): readonly VerifiedCheck[] {
  if (cacheFault !== null)
    return [unknown('cache', `Whether it holds a cache cannot be told: ${cacheFault}`)];
  if (caches.length === 0)
    return [passed('cache', 'It holds no cache: opm builds one when it starts.')];
  return caches.map(checkCache);
}

function checkCache(cache: IndexCache): VerifiedCheck {
  const fault = describeCacheFault(cache);
  if (fault !== null) return failed('cache', `${cache.path} ${fault}.`, nameHarm(cache));
  const unchecked = findUnchecked(cache);
  if (unchecked !== null)
    return unknown(
      'cache',
      `Whether the ${unchecked.format} cache in ${cache.path} is right cannot be told: ${unchecked.reason}.`,
    );
  const formats = cache.caches.map(({ format }) => format).join(' and ');
  return passed('cache', `The ${formats} cache in ${cache.path} belongs to the catalog.`);
}

function nameHarm({ path, used }: IndexCache): readonly string[] {
  return used
    ? ['the image starts opm with it, so its pod ends at once']
    : [`a CatalogSource whose extractContent has cacheDir ${path} does not come up`];
}
