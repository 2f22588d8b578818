import type { ImageRef } from '../base/image-ref.ts';
import type { Layout } from './layouts.ts';
import { placeBy } from './map-path.ts';

/** A repository into which a layout puts an image. */
export interface LayoutPlace {
  /** Place of the layout in the list of layouts. */
  readonly layout: number;
  readonly repository: string;
}

/** Where layouts put an image, each repository once, for the first layout that leads there. */
export function listPlaces(
  ref: Pick<ImageRef, 'registry' | 'repository'>,
  layouts: readonly Layout[],
): readonly LayoutPlace[] {
  const places = new Map<string, LayoutPlace>();
  const prefixes = listPrefixes(ref);
  for (const [nth, layout] of layouts.entries()) {
    for (const rule of prefixes.flatMap((prefix) => layout.rulesAt(prefix))) {
      const repository = placeBy(rule, ref, '');
      if (!places.has(repository)) places.set(repository, { layout: nth, repository });
    }
  }
  return [...places.values()];
}

// The longest first: what a layout says of the repository itself is likelier than of its host.
function listPrefixes({
  registry,
  repository,
}: Pick<ImageRef, 'registry' | 'repository'>): readonly string[] {
  const parts = [registry, ...repository.split('/')];
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'));
}
