import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import { hasEnded } from '../manifest/day.ts';
import { isImagePattern, matchesImagePattern } from '../manifest/image-pattern.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { ListedMissing, MirrorManifest } from '../manifest/types.ts';
import { formatWantedKey, type WantedList } from './list-wanted.ts';
import { mapRepository } from './map-path.ts';
import type { UnreadableImage } from './types.ts';

export interface KnownContext {
  readonly manifest: Pick<MirrorManifest, 'strategy' | 'paths' | 'registries'>;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
}

type Named = Pick<WantedList, 'images' | 'unreadable'>;

/**
 * By upstream reference, the wanted images that Git lists as known missing, each with what lists it. An item of its
 * own goes before a pattern; a pattern counts for what its catalog names; what has ended counts for nothing.
 */
export function findKnown(
  listed: readonly ListedMissing[],
  { images, unreadable }: Named,
  { manifest, today }: KnownContext,
): ReadonlyMap<string, ListedMissing> {
  const counting = listed.filter(({ until }) => !hasEnded(until, today));
  if (counting.length === 0) return new Map();
  const patterns = counting.filter(({ image }) => isImagePattern(image));
  const exact = counting.filter(({ image }) => !isImagePattern(image));
  const byKey = new Map(exact.map((item) => [findKey(item.image, manifest), item]));
  const byText = new Map(exact.map((item) => [item.image, item]));
  const known = new Map<string, ListedMissing>();
  for (const image of images) {
    const item = byKey.get(image.key) ?? findPattern(patterns, image);
    if (item !== undefined) known.set(image.upstream, item);
  }
  for (const image of unreadable) {
    const item = byText.get(image.upstream) ?? findPattern(patterns, image);
    if (item !== undefined) known.set(image.upstream, item);
  }
  return known;
}

/** Whether a pattern counts for an image: its text fits, and the catalog whose pattern it is names it. */
export function coversImage(
  { image, catalog }: Pick<ListedMissing, 'image' | 'catalog'>,
  { upstream, neededBy }: Pick<UnreadableImage, 'upstream' | 'neededBy'>,
): boolean {
  return matchesImagePattern(image, upstream) && neededBy.some((need) => need.catalog === catalog);
}

function findPattern(
  patterns: readonly ListedMissing[],
  image: Pick<UnreadableImage, 'upstream' | 'neededBy'>,
): ListedMissing | undefined {
  return patterns.find((pattern) => coversImage(pattern, image));
}

/**
 * Key of the wanted image that a reference stands for: one location may have several upstream names, and another
 * of them may come first once a further catalog names it. Null for what is no reference.
 */
export function findKey(reference: string, manifest: KnownContext['manifest']): string | null {
  try {
    const ref = parseImageRef(reference);
    return formatWantedKey(mapRepository(ref, servingRole(manifest), manifest), ref);
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}
