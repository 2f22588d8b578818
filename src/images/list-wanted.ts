import { type Digest, hexOf } from '../base/digest.ts';
import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import type { Problem } from '../base/problem.ts';
import { compareBytes, sortByBytes } from '../base/text.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import { formatReferrersTag } from './attached.ts';
import { servingRepository } from './image-places.ts';
import { type Demand, forEachMention, type WantedSources } from './list-mentions.ts';
import { mapRepository } from './map-path.ts';
import { createNeedList, type UniqueNeeds } from './need-list.ts';
import type { UnreadableImage, WantedImage, WantedKind } from './types.ts';
import { createUnreadableList } from './unreadable-list.ts';

export interface WantedList {
  /** Sorted by key. */
  readonly images: readonly WantedImage[];
  /** Catalog name → keys of the images that its index names. */
  readonly keysByCatalog: ReadonlyMap<string, readonly string[]>;
  /** In the order in which they stand in the sources. */
  readonly unreadable: readonly UnreadableImage[];
  /** Tags that two upstream images would share. */
  readonly problems: readonly Problem[];
}

/**
 * Lists what the serving registry must hold for these catalogs, releases and extra images. The same image
 * named by several bundles is one location; equal inputs give equal lists, whatever their order. `placeOf` is of the same
 * manifest, for whoever lists again and again.
 */
export function listWanted(
  sources: WantedSources,
  placeOf: PlaceFinder = createPlaceFinder(sources.manifest),
): WantedList {
  const problems: Problem[] = [];
  const groups = new Map<string, Naming[]>();
  const namings = new Map<Place, Naming>();
  const unreadable = createUnreadableList();
  const needs = createNeedList();
  forEachMention(sources, (reference, kind, demand) => {
    needs.add(demand.neededBy);
    const place = placeOf(reference, demand.mappedAs);
    if (isToolError(place)) {
      unreadable.add(reference, demand, place);
      return;
    }
    const naming = namings.get(place) ?? addTo({ groups, namings }, place, { reference, kind });
    naming.demands.push(demand);
    if (naming.kind === 'in-use') naming.kind = kind;
  });
  for (const group of groups.values()) problems.push(...findCollision(group));
  const uniqueNeeds = needs.close();
  const joined = sortByBytes(
    [...groups.values()].map((group) => joinNamings(group, uniqueNeeds)),
    (image) => image.key,
  );
  const contested = findContestedTags(joined);
  problems.push(...contested.values());
  const images =
    contested.size === 0 ? joined : joined.map((image) => withoutTags(image, contested));
  return {
    images,
    keysByCatalog: groupByCatalog(images, sources.catalogs),
    unreadable: unreadable.close(uniqueNeeds),
    problems,
  };
}

/** What the serving registry must hold for one catalog alone. */
export function listCatalogWanted(
  name: string,
  catalog: Catalog,
  manifest: WantedSources['manifest'],
): WantedList {
  const alone = { ...manifest, images: [], releases: [] };
  return listWanted({ manifest: alone, catalogs: new Map([[name, catalog]]), releases: [] });
}

/** Where an image lies, or is to lie. */
interface Place {
  readonly key: string;
  readonly ref: ImageRef;
  readonly repository: PerRole<string>;
  readonly serving: RoleName;
}

/** One reference by which an image is named, and by whom. Of several for one image each has its own. */
interface Naming {
  readonly place: Place;
  readonly reference: string;
  /** Of the first who asks for it and is not a cluster that has it. */
  kind: WantedKind;
  readonly demands: Demand[];
}

/** Where a reference lies; `mappedAs` as in `Demand`. */
export type PlaceFinder = (reference: string, mappedAs: string | undefined) => Place | ToolError;

// Bundles of one package name the same images again and again, so each is looked at once.
export function createPlaceFinder(manifest: WantedSources['manifest']): PlaceFinder {
  const plain = new Map<string, Place | ToolError>();
  const mapped = new Map<string, Map<string, Place | ToolError>>();
  function placesOf(mappedAs: string | undefined): Map<string, Place | ToolError> {
    if (mappedAs === undefined) return plain;
    const places = mapped.get(mappedAs) ?? new Map<string, Place | ToolError>();
    mapped.set(mappedAs, places);
    return places;
  }
  return (reference, mappedAs) => {
    const places = placesOf(mappedAs);
    const known = places.get(reference);
    if (known !== undefined) return known;
    const place = findPlace({ reference, mappedAs }, manifest);
    places.set(reference, place);
    return place;
  };
}

function findPlace(
  { reference, mappedAs }: { readonly reference: string; readonly mappedAs: string | undefined },
  manifest: WantedSources['manifest'],
): Place | ToolError {
  try {
    const ref = parseImageRef(reference);
    const named = mappedAs === undefined ? ref : parseImageRef(mappedAs);
    const repository = {
      production: mapRepository(named, 'production', manifest),
      staging: mapRepository(named, 'staging', manifest),
    };
    const serving = servingRole(manifest);
    return { key: formatWantedKey(repository[serving], ref), ref, repository, serving };
  } catch (error) {
    if (!isToolError(error, 'BASE_BAD_IMAGE_REF')) throw error;
    return error;
  }
}

interface Groups {
  /** By key. */
  readonly groups: Map<string, Naming[]>;
  readonly namings: Map<Place, Naming>;
}

function addTo(
  { groups, namings }: Groups,
  place: Place,
  first: Pick<Naming, 'reference' | 'kind'>,
): Naming {
  const naming: Naming = { place, ...first, demands: [] };
  namings.set(place, naming);
  const group = groups.get(place.key);
  if (group === undefined) groups.set(place.key, [naming]);
  else group.push(naming);
  return naming;
}

// Two upstream images may share a digest, but not a tag: a tag has one content.
function findCollision(group: readonly Naming[]): readonly Problem[] {
  if (group.length < 2) return [];
  const tagOnly = group.filter(({ place }) => place.ref.digest === null);
  const first = tagOnly[0]?.demands[0];
  const place = tagOnly[0]?.place;
  if (first === undefined || place === undefined) return [];
  const upstream = uniqueSorted(
    tagOnly.map(({ place: { ref } }) => `${ref.registry}/${ref.repository}`),
  );
  if (upstream.length < 2) return [];
  const { catalog } = first.neededBy;
  return [
    {
      severity: 'error',
      code: 'IMAGES_COLLISION',
      message: `${upstream.join(' and ')} would both become ${place.key} in ${place.serving}.`,
      hint: 'Give one of them a path of its own with a rule in spec.paths of mirror.yaml.',
      ...(catalog === null ? {} : { catalog }),
    },
  ];
}

// One tag asked for by several images can be given to none of them.
function findContestedTags(images: readonly WantedImage[]): ReadonlyMap<string, Problem> {
  const claims = new Map<string, string[]>();
  const serving = images[0]?.serving ?? 'production';
  for (const image of images) {
    for (const tag of image.demandedTags) {
      const place = `${servingRepository(image)}:${tag}`;
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
        message: `${upstream.join(' and ')} both ask for the tag ${place} in ${serving}.`,
        hint: 'A tag has one content: take it out of one of the entries under spec.images of mirror.yaml.',
      },
    ]),
  );
}

function withoutTags(image: WantedImage, contested: ReadonlyMap<string, Problem>): WantedImage {
  const demandedTags = image.demandedTags.filter(
    (tag) => !contested.has(`${servingRepository(image)}:${tag}`),
  );
  return demandedTags.length === image.demandedTags.length ? image : { ...image, demandedTags };
}

function joinNamings(group: readonly Naming[], uniqueNeeds: UniqueNeeds): WantedImage {
  const sorted =
    group.length === 1 ? group : group.toSorted((a, b) => compareBytes(a.reference, b.reference));
  const [first, ...others] = sorted;
  if (first === undefined) throw new Error('An image is named by somebody.');
  const demands = others.length === 0 ? first.demands : sorted.flatMap((it) => it.demands);
  const [clash] = findCollision(sorted);
  const { key, ref, repository, serving } = first.place;
  return {
    key,
    kind: (sorted.find(({ kind }) => kind !== 'in-use') ?? first).kind,
    upstream: first.reference,
    digest: ref.digest,
    tag: ref.digest === null ? (ref.tag ?? 'latest') : null,
    repository,
    serving,
    ...joinTags(sorted, demands),
    neededBy: uniqueNeeds(demands.map(({ neededBy }) => neededBy)),
    ...(clash === undefined ? {} : { clash: clash.message }),
  };
}

type Tags = Pick<WantedImage, 'demandedTags' | 'arrivalTags' | 'addedTags'>;

function joinTags(sorted: readonly Naming[], demands: readonly Demand[]): Tags {
  const named = sorted.flatMap(({ place: { ref } }) =>
    ref.digest !== null && ref.tag !== null ? [ref.tag] : [],
  );
  if (named.length === 0 && demands.every(asksForNoTag)) return NO_TAGS;
  const demandedTags = uniqueSorted(demands.flatMap((it) => it.demandedTags));
  const arrivalTags = uniqueSorted([...named, ...demands.flatMap((it) => it.arrivalTags)]).filter(
    (tag) => !demandedTags.includes(tag),
  );
  const addedTags = uniqueSorted(demands.flatMap((it) => it.addedTags ?? [])).filter(
    (tag) => !demandedTags.includes(tag),
  );
  return { demandedTags, arrivalTags, ...(addedTags.length === 0 ? {} : { addedTags }) };
}

const NO_TAGS: Tags = { demandedTags: [], arrivalTags: [] };

function asksForNoTag({ demandedTags, arrivalTags, addedTags }: Demand): boolean {
  return demandedTags.length === 0 && arrivalTags.length === 0 && (addedTags?.length ?? 0) === 0;
}

function uniqueSorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(compareBytes);
}

function groupByCatalog(
  images: readonly WantedImage[],
  catalogs: ReadonlyMap<string, Catalog>,
): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>([...catalogs.keys()].map((name) => [name, []]));
  for (const { key, neededBy } of images) {
    let last: string | null = null;
    // Needs are in the order of their texts, of which the catalog's name is the first part.
    for (const { catalog } of neededBy) {
      if (catalog !== null && catalog !== last) keys.get(catalog)?.push(key);
      last = catalog;
    }
  }
  return keys;
}

/** Key of a wanted image: its repository in the serving registry, with its digest or else its tag. */
export function formatWantedKey(repository: string, ref: ImageRef): string {
  return ref.digest === null
    ? `${repository}:${ref.tag ?? 'latest'}`
    : `${repository}@${ref.digest}`;
}

/** The tag that never moves and keeps a digest from a registry's clean-up (promise 5). */
export function formatProtectTag(digest: Digest, holdsReferrers: boolean): string {
  return holdsReferrers ? `olmirror-${hexOf(digest)}` : formatReferrersTag(digest);
}
