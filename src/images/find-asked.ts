import type { Digest } from '../base/digest.ts';
import { type ImageRef, tryParseImageRef } from '../base/image-ref.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import { parseDigestTag } from './attached.ts';
import { mapRepository } from './map-path.ts';
import { turnUpstream } from './turn-upstream.ts';
import type { AttachedKind, WantedImage } from './types.ts';

export interface AskedReference {
  readonly kind: 'reference';
  /** As it was written: it may be the key of an image, as plans and reports name it. */
  readonly text: string;
  /** Every repository that it may mean; `null` for an upstream address, by its place in production. */
  readonly places: readonly { readonly role: RoleName | null; readonly repository: string }[];
  readonly digest: Digest | null;
  readonly tag: string | null;
  /** A tag of cosign's, which belongs to the image with the digest. */
  readonly attached: { readonly kind: AttachedKind; readonly tag: string } | null;
  /** As Git would name it; for an address of ours that `paths` do not lead back from, its end. */
  readonly inGit: string;
}

/** What a person asks about: the beginning of a digest, a place with tag or digest, or a bundle's name. */
export type Asked =
  | { readonly kind: 'digest'; readonly hex: string }
  | AskedReference
  | { readonly kind: 'name'; readonly name: string };

/**
 * Reads what is asked for. A tag that is named after a digest (`sha256-<hex>`, `olmirror-<hex>`,
 * `sha256-<hex>.sig`) means the image with that digest, or what is attached to it. Fewer than seven
 * digits of a digest would be a guess.
 */
export function parseAsked(
  text: string,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): Asked {
  const hex = /^(?:sha256:)?([0-9a-f]{7,64})$/.exec(text)?.[1];
  if (hex !== undefined) return { kind: 'digest', hex };
  const ref = tryParseImageRef(text);
  if (ref === null || (!text.includes('/') && ref.digest === null))
    return { kind: 'name', name: text };
  return {
    kind: 'reference',
    text,
    places: listPlaces(ref, manifest),
    ...readReference(ref),
    inGit: nameInGit(text, ref, manifest),
  };
}

function readReference({
  tag,
  digest,
}: ImageRef): Pick<AskedReference, 'digest' | 'tag' | 'attached'> {
  const named = tag === null ? null : parseDigestTag(tag);
  if (tag === null || named === null) return { digest, tag, attached: null };
  const attached = named.kind === null ? null : { kind: named.kind, tag };
  return { digest: digest ?? named.digest, tag: null, attached };
}

function listPlaces(
  ref: ImageRef,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): AskedReference['places'] {
  const { registry, repository } = ref;
  const roles = (['production', 'staging'] as const).filter((role) => {
    const { host, aliases } = manifest.registries[role];
    return registry === host || aliases.includes(registry);
  });
  if (roles.length > 0) return roles.map((role) => ({ role, repository }));
  return [{ role: null, repository: mapRepository(ref, 'production', manifest) }];
}

function nameInGit(
  text: string,
  ref: ImageRef,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): string {
  const turned = turnUpstream(text, manifest);
  if (turned.kind === 'foreign') return text;
  if (turned.kind === 'turned') return turned.reference;
  return text.slice(ref.registry.length);
}

type Askable = Omit<WantedImage, 'kind'>;

/** The images that were asked for, in their order; for a tag of cosign's those that it belongs to. */
export function findAsked<T extends Askable>(asked: Asked, images: readonly T[]): readonly T[] {
  switch (asked.kind) {
    case 'digest':
      return images.filter(({ digest }) => digest?.startsWith(`sha256:${asked.hex}`) === true);
    case 'name':
      return images.filter(({ neededBy }) => neededBy.some(({ item }) => item === asked.name));
    case 'reference':
      return images.filter(
        (image) =>
          image.key === asked.text ||
          image.upstream === asked.inGit ||
          (isPlaced(image, asked) && isNamed(image, asked)),
      );
  }
}

export function isPlaced(
  { repository }: Pick<Askable, 'repository'>,
  { places }: AskedReference,
): boolean {
  return places.some((place) => repository[place.role ?? 'production'] === place.repository);
}

// A place with neither tag nor digest means all that is there.
function isNamed(image: Askable, { digest, tag }: AskedReference): boolean {
  if (digest !== null) return image.digest === digest;
  if (tag === null) return true;
  return image.tag === tag || image.demandedTags.includes(tag) || image.arrivalTags.includes(tag);
}
