import { type Digest, isDigest } from '../base/digest.ts';
import { parseImageRef } from '../base/image-ref.ts';
import { findNearest } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import { mapRepository } from './map-path.ts';
import type { WantedImage } from './types.ts';

/** What a person asks about: beginning of a digest's hex, a place with tag or digest, or a bundle's name. */
export type Asked =
  | { readonly kind: 'digest'; readonly hex: string }
  | {
      readonly kind: 'reference';
      /** Upstream, or at one of our registries: every repository it may be, by role. */
      readonly places: readonly { readonly role: RoleName | null; readonly repository: string }[];
      readonly digest: Digest | null;
      readonly tag: string | null;
    }
  | { readonly kind: 'name'; readonly name: string };

/** Fewer digits of a digest would be a guess. */
const FEWEST_DIGITS = 7;

/**
 * Reads what `explain` is asked for. A tag that olmirror or cosign names after a digest
 * (`sha256-<hex>`, `olmirror-<hex>`, `sha256-<hex>.sig`) means the image with that digest.
 */
export function parseAsked(
  text: string,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): Asked {
  const digits = /^(?:sha256:)?([0-9a-f]{7,64})$/.exec(text)?.[1];
  if (digits !== undefined && digits.length >= FEWEST_DIGITS)
    return { kind: 'digest', hex: digits };
  const ref = tryParseRef(text);
  if (ref === null || !text.includes('/')) return { kind: 'name', name: text };
  const hex = /^(?:sha256|olmirror)-([0-9a-f]{64})(?:[.-].*)?$/.exec(ref.tag ?? '')?.[1];
  const named = hex === undefined ? null : (`sha256:${hex}` as const);
  return {
    kind: 'reference',
    places: listPlaces(ref, manifest),
    digest: ref.digest ?? (named !== null && isDigest(named) ? named : null),
    tag: named === null ? ref.tag : null,
  };
}

function tryParseRef(text: string): ReturnType<typeof parseImageRef> | null {
  try {
    return parseImageRef(text);
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}

function listPlaces(
  ref: ReturnType<typeof parseImageRef>,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): (Asked & { kind: 'reference' })['places'] {
  const roles = (['production', 'staging'] as const).filter((role) => {
    const { host, aliases } = manifest.registries[role];
    return ref.registry === host || aliases.includes(ref.registry);
  });
  if (roles.length > 0) return roles.map((role) => ({ role, repository: ref.repository }));
  return [{ role: null, repository: mapRepository(ref, 'production', manifest) }];
}

/** The wanted images that were asked for, in their order. */
export function findAsked(asked: Asked, images: readonly WantedImage[]): readonly WantedImage[] {
  switch (asked.kind) {
    case 'digest':
      return images.filter(({ digest }) => digest?.startsWith(`sha256:${asked.hex}`) === true);
    case 'name':
      return images.filter(({ neededBy }) => neededBy.some(({ item }) => item === asked.name));
    case 'reference': {
      const placed = images.filter((image) => isPlaced(image, asked));
      // A place without tag and digest means all that is there.
      if (asked.digest === null && asked.tag === null) return placed;
      return placed.filter((image) => isNamed(image, asked));
    }
  }
}

function isPlaced(image: WantedImage, { places }: Asked & { kind: 'reference' }): boolean {
  return places.some(
    ({ role, repository }) => image.repository[role ?? 'production'] === repository,
  );
}

function isNamed(image: WantedImage, { digest, tag }: Asked & { kind: 'reference' }): boolean {
  if (digest !== null) return image.digest === digest;
  if (tag === null) return false;
  return image.tag === tag || image.demandedTags.includes(tag) || image.arrivalTags.includes(tag);
}

const MOST_SUGGESTIONS = 5;

/** What may have been meant instead, best first. */
export function suggestAsked(
  asked: Asked,
  images: readonly WantedImage[],
  text: string,
): readonly string[] {
  const names = [
    ...new Set(images.flatMap(({ neededBy }) => neededBy.map(({ item }) => item))),
  ].filter((name) => name !== 'images');
  const packages = new Set(
    images.flatMap(({ neededBy }) => neededBy.flatMap((need) => need.package ?? [])),
  );
  if (asked.kind === 'name') {
    const ofPackage = images.flatMap(({ neededBy }) =>
      neededBy.filter((need) => need.package === text).map(({ item }) => item),
    );
    if (packages.has(text)) return cut([...new Set(ofPackage)].toReversed());
    const nearest = findNearest(text, names);
    const containing = names.filter((name) => name.includes(text));
    return cut([...containing, ...(nearest === null ? [] : [nearest])]);
  }
  if (asked.kind === 'digest') {
    const start = asked.hex.slice(0, FEWEST_DIGITS);
    return cut(
      images
        .filter(({ digest }) => digest?.includes(start) === true)
        .map(({ upstream }) => upstream),
    );
  }
  return cut(suggestPlaces(asked, images));
}

function suggestPlaces(
  asked: Asked & { kind: 'reference' },
  images: readonly WantedImage[],
): readonly string[] {
  const sameDigest = images.filter(({ digest }) => digest !== null && digest === asked.digest);
  const samePlace = images.filter((image) => isPlaced(image, asked));
  const last = new Set(asked.places.map(({ repository }) => lastPart(repository)));
  const sameName = images.filter(({ repository }) => last.has(lastPart(repository.production)));
  return [...sameDigest, ...samePlace, ...sameName].map(({ upstream }) => upstream);
}

function lastPart(repository: string): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}

function cut(suggestions: readonly string[]): readonly string[] {
  return [...new Set(suggestions)].slice(0, MOST_SUGGESTIONS);
}
