import type { ClosureEntry } from '../apply/port.ts';
import { servingRepository } from '../images/image-places.ts';
import type { WantedImage } from '../images/types.ts';

/** What must be seen in the serving registry before an index or a release that names these images is served; what was known to be missing is left out. */
export function buildClosure(
  images: readonly WantedImage[],
  /** Null for a release. */
  catalog: string | null,
  known: ReadonlyMap<string, unknown>,
): readonly ClosureEntry[] {
  return images
    .filter((image) => !known.has(image.upstream))
    .map((image) => {
      const need = image.neededBy.find((entry) => entry.catalog === catalog);
      return {
        repository: servingRepository(image),
        reference: image.digest ?? image.tag ?? '',
        label: `${image.upstream} of ${need?.item ?? catalog ?? 'nothing'}`,
      };
    });
}
