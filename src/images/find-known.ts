import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { formatWantedKey, type WantedList } from './list-wanted.ts';
import { mapRepository } from './map-path.ts';

/**
 * Upstream references of the wanted images that `references` stand for. One location may have
 * several upstream names, and another of them may come first once a further catalog names it.
 */
export function findKnown(
  references: ReadonlySet<string>,
  { images, unreadable }: Pick<WantedList, 'images' | 'unreadable'>,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): ReadonlySet<string> {
  if (references.size === 0) return references;
  const keys = new Set([...references].flatMap((reference) => findKey(reference, manifest) ?? []));
  return new Set([
    ...images.filter((image) => keys.has(image.key)).map((image) => image.upstream),
    ...unreadable.map((image) => image.upstream).filter((reference) => references.has(reference)),
  ]);
}

function findKey(
  reference: string,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): string | null {
  try {
    const ref = parseImageRef(reference);
    return formatWantedKey(mapRepository(ref, 'production', manifest), ref);
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}
