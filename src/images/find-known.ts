import { parseImageRef } from '../base/image-ref.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { formatWantedKey } from './list-wanted.ts';
import { mapRepository } from './map-path.ts';
import type { WantedImage } from './types.ts';

/**
 * Upstream references of the wanted images that `references` stand for. One location may have
 * several upstream names, and another of them may come first once a further catalog names it.
 */
export function findKnown(
  references: ReadonlySet<string>,
  images: readonly WantedImage[],
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): ReadonlySet<string> {
  if (references.size === 0) return references;
  const keys = new Set(
    [...references].map((reference) => {
      const ref = parseImageRef(reference);
      return formatWantedKey(mapRepository(ref, 'production', manifest), ref);
    }),
  );
  return new Set(images.filter((image) => keys.has(image.key)).map((image) => image.upstream));
}
