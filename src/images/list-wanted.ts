import { hexOf } from '../base/digest.ts';
import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import type { Problem } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import type { BundleImages, Catalog } from '../catalog/types.ts';
import type { MirrorManifest, PerRole } from '../manifest/types.ts';
import { mapRepository, RELEASE_COMPONENTS, RELEASE_PAYLOAD } from './map-path.ts';
import { formatReleaseTag, type ReleaseContent } from './release.ts';
import type { NeededBy, WantedImage, WantedKind } from './types.ts';

export interface WantedSources {
  readonly manifest: Pick<MirrorManifest, 'paths' | 'registries' | 'images' | 'releases'>;
  readonly catalogs: ReadonlyMap<string, Catalog>;
  /** Releases whose payload could be read; the payload itself is wanted in any case. */
  readonly releases: readonly ReleaseContent[];
}

export interface WantedList {
  /** Sorted by key. */
  readonly images: readonly WantedImage[];
  /** Catalog name → keys of the images that its index names. */
  readonly keysByCatalog: ReadonlyMap<string, readonly string[]>;
  /** References that cannot be read, and tags that two upstream images would share. */
  readonly problems: readonly Problem[];
}

/**
 * Lists what production must hold for these catalogs, releases and extra images. The same image
 * named by several bundles is one location; equal inputs give equal lists, whatever their order.
 */
export function listWanted(sources: WantedSources): WantedList {
  const mentions = [
    ...listCatalogMentions(sources),
    ...listReleaseMentions(sources),
    ...listExtraMentions(sources),
  ];
  const problems: Problem[] = [];
  const groups = new Map<string, Resolved[]>();
  const places = new Map<string, Place | ToolError>();
  for (const mention of mentions) {
    const name = `${mention.reference} ${mention.mappedAs ?? ''}`;
    const place = places.get(name) ?? findPlace(mention, sources.manifest);
    places.set(name, place);
    if (isToolError(place)) problems.push(describeUnreadable(mention, place));
    else addTo(groups, { ...mention, ...place });
  }
  for (const group of groups.values()) problems.push(...findCollision(group));
  const joined = [...groups.values()]
    .map(joinMentions)
    .toSorted((a, b) => compareBytes(a.key, b.key));
  const contested = findContestedTags(joined);
  problems.push(...contested.values());
  const images = joined.map((image) => withoutTags(image, contested));
  return { images, keysByCatalog: groupByCatalog(images, sources.catalogs), problems };
}

/** What production must hold for one catalog alone. */
export function listCatalogWanted(
  name: string,
  catalog: Catalog,
  manifest: WantedSources['manifest'],
): readonly WantedImage[] {
  const alone = { ...manifest, images: [], releases: [] };
  return listWanted({ manifest: alone, catalogs: new Map([[name, catalog]]), releases: [] }).images;
}

interface Mention {
  readonly reference: string;
  readonly kind: WantedKind;
  readonly neededBy: NeededBy;
  readonly demandedTags: readonly string[];
  readonly arrivalTags: readonly string[];
  /** Upstream name that decides the path, where it is not the reference's own. */
  readonly mappedAs?: string;
  /** Where it stands, for faults. */
  readonly place?: () => Pick<Problem, 'file' | 'line'>;
}

/** Where an image lies, or is to lie. */
interface Place {
  readonly key: string;
  readonly ref: ImageRef;
  readonly repository: PerRole<string>;
}

type Resolved = Mention & Place;

const NO_TAGS = { demandedTags: [], arrivalTags: [] } as const;

function* listCatalogMentions(sources: WantedSources): Iterable<Mention> {
  for (const [catalog, content] of sources.catalogs) {
    for (const bundle of listBundleImages(content)) yield* listBundleMentions(catalog, bundle);
  }
}

function* listBundleMentions(catalog: string, bundle: BundleImages): Iterable<Mention> {
  const common = {
    neededBy: { catalog, package: bundle.package, item: bundle.bundle },
    place: () => ({ file: bundle.file, line: bundle.line }),
    ...NO_TAGS,
  };
  if (bundle.image !== '') yield { reference: bundle.image, kind: 'bundle', ...common };
  for (const reference of bundle.relatedImages) {
    if (reference !== '' && reference !== bundle.image)
      yield { reference, kind: 'related', ...common };
  }
}

function* listReleaseMentions(sources: WantedSources): Iterable<Mention> {
  for (const release of sources.manifest.releases) {
    const tag = formatReleaseTag(release);
    yield {
      reference: `${RELEASE_PAYLOAD}:${tag}`,
      kind: 'release',
      neededBy: releaseItem(tag),
      ...NO_TAGS,
    };
  }
  for (const release of sources.releases) {
    const tag = formatReleaseTag(release);
    for (const component of release.components) {
      // oc-mirror puts every component into one repository, whatever repository the payload names.
      yield {
        reference: component.image,
        kind: 'release',
        neededBy: releaseItem(tag),
        demandedTags: [],
        arrivalTags: [`${tag}-${component.name}`],
        mappedAs: RELEASE_COMPONENTS,
      };
    }
  }
}

function releaseItem(tag: string): NeededBy {
  return { catalog: null, package: null, item: `release ${tag}` };
}

function* listExtraMentions(sources: WantedSources): Iterable<Mention> {
  for (const image of sources.manifest.images) {
    yield {
      reference: image.source,
      kind: 'extra',
      neededBy: { catalog: null, package: null, item: 'images' },
      demandedTags: image.tags,
      arrivalTags: [],
    };
  }
}

// Bundles of one package name the same images again and again, so each is looked at once.
function findPlace(
  { reference, mappedAs }: Mention,
  manifest: WantedSources['manifest'],
): Place | ToolError {
  try {
    const ref = parseImageRef(reference);
    const named = mappedAs === undefined ? ref : parseImageRef(mappedAs);
    const repository = {
      production: mapRepository(named, 'production', manifest),
      staging: mapRepository(named, 'staging', manifest),
    };
    return { key: formatWantedKey(repository.production, ref), ref, repository };
  } catch (error) {
    if (!isToolError(error, 'BASE_BAD_IMAGE_REF')) throw error;
    return error;
  }
}

function describeUnreadable(mention: Mention, error: ToolError): Problem {
  return {
    severity: 'error',
    code: error.code,
    message: `${formatNeed(mention.neededBy)}: ${error.message}`,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...mention.place?.(),
  };
}

function addTo(groups: Map<string, Resolved[]>, mention: Resolved): void {
  const group = groups.get(mention.key);
  if (group === undefined) groups.set(mention.key, [mention]);
  else group.push(mention);
}

// Two upstream images may share a digest, but not a tag: a tag has one content.
function findCollision(group: readonly Resolved[]): readonly Problem[] {
  const tagOnly = group.filter((mention) => mention.ref.digest === null);
  const upstream = [
    ...new Set(tagOnly.map((mention) => `${mention.ref.registry}/${mention.ref.repository}`)),
  ].toSorted(compareBytes);
  const first = tagOnly[0];
  if (upstream.length < 2 || first === undefined) return [];
  return [
    {
      severity: 'error',
      code: 'IMAGES_COLLISION',
      message: `${upstream.join(' and ')} would both become ${first.key} in production.`,
      hint: 'Give one of them a path of its own with a rule in spec.paths of mirror.yaml.',
      ...(first.neededBy.catalog === null ? {} : { catalog: first.neededBy.catalog }),
    },
  ];
}

// One tag asked for by several images can be given to none of them.
function findContestedTags(images: readonly WantedImage[]): ReadonlyMap<string, Problem> {
  const claims = new Map<string, string[]>();
  for (const image of images) {
    for (const tag of image.demandedTags) {
      const place = `${image.repository.production}:${tag}`;
      claims.set(place, [...(claims.get(place) ?? []), image.upstream]);
    }
  }
  const contested = [...claims].filter(([, upstream]) => upstream.length > 1);
  return new Map(
    contested.map(([place, upstream]) => [
      place,
      {
        severity: 'error',
        code: 'IMAGES_COLLISION',
        message: `${upstream.join(' and ')} both ask for the tag ${place} in production.`,
        hint: 'A tag has one content: take it out of one of the entries under spec.images of mirror.yaml.',
      },
    ]),
  );
}

function withoutTags(image: WantedImage, contested: ReadonlyMap<string, Problem>): WantedImage {
  const demandedTags = image.demandedTags.filter(
    (tag) => !contested.has(`${image.repository.production}:${tag}`),
  );
  return demandedTags.length === image.demandedTags.length ? image : { ...image, demandedTags };
}

function joinMentions(group: readonly Resolved[]): WantedImage {
  const sorted = group.toSorted((a, b) => compareBytes(a.reference, b.reference));
  const first = sorted[0];
  if (first === undefined) throw new Error('A group of mentions is never empty.');
  const tags = sorted.flatMap((mention) =>
    mention.ref.digest !== null && mention.ref.tag !== null ? [mention.ref.tag] : [],
  );
  const demandedTags = uniqueSorted(sorted.flatMap((mention) => mention.demandedTags));
  const arrivalTags = uniqueSorted([
    ...tags,
    ...sorted.flatMap((mention) => mention.arrivalTags),
  ]).filter((tag) => !demandedTags.includes(tag));
  const [clash] = findCollision(group);
  return {
    key: first.key,
    kind: first.kind,
    upstream: first.reference,
    digest: first.ref.digest,
    tag: first.ref.digest === null ? (first.ref.tag ?? 'latest') : null,
    repository: first.repository,
    demandedTags,
    arrivalTags,
    neededBy: uniqueNeeds(sorted.map((mention) => mention.neededBy)),
    ...(clash === undefined ? {} : { clash: clash.message }),
  };
}

function uniqueNeeds(needs: readonly NeededBy[]): readonly NeededBy[] {
  const byText = new Map(needs.map((need) => [formatNeed(need), need]));
  return [...byText.keys()].toSorted(compareBytes).flatMap((text) => byText.get(text) ?? []);
}

function uniqueSorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(compareBytes);
}

function groupByCatalog(
  images: readonly WantedImage[],
  catalogs: ReadonlyMap<string, Catalog>,
): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>([...catalogs.keys()].map((name) => [name, []]));
  for (const image of images) {
    const names = new Set(image.neededBy.map((need) => need.catalog));
    for (const name of names) if (name !== null) keys.get(name)?.push(image.key);
  }
  return keys;
}

/** Key of a wanted image: its repository in production, with its digest or else its tag. */
export function formatWantedKey(repository: string, ref: ImageRef): string {
  return ref.digest === null
    ? `${repository}:${ref.tag ?? 'latest'}`
    : `${repository}@${ref.digest}`;
}

/** `catalog/package/bundle`, or what else needs the image. */
export function formatNeed(need: NeededBy): string {
  return [need.catalog, need.package, need.item].filter((part) => part !== null).join('/');
}

/** The tag that never moves and keeps a digest from a registry's clean-up (promise 5). */
export function formatProtectTag(digest: `sha256:${string}`, holdsReferrers: boolean): string {
  return `${holdsReferrers ? 'olmirror' : 'sha256'}-${hexOf(digest)}`;
}
