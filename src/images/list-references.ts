import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import type { PerRole } from '../manifest/types.ts';
import { forEachMention, type WantedSources } from './list-mentions.ts';
import { createPlaceFinder } from './list-wanted.ts';
import { RELEASE_PAYLOAD } from './map-path.ts';
import type { WantedKind } from './types.ts';

/** An upstream reference as objects of clusters have it, and where the image lies. */
export interface PlacedReference {
  readonly reference: string;
  readonly ref: ImageRef;
  readonly kind: WantedKind;
  /** By role, with the registry's path prefix. */
  readonly repository: PerRole<string>;
  /** Clusters name it by tag and by digest, as they do release payloads. */
  readonly byBoth: boolean;
}

/**
 * Lists every reference by which catalogs, releases and extra images name an image, each once for each place: several may
 * lead to one. A reference that no registry takes is left out; `listWanted` tells of it.
 */
export function listPlacedReferences(sources: WantedSources): readonly PlacedReference[] {
  const placeOf = createPlaceFinder(sources.manifest);
  const found = new Map<string, PlacedReference>();
  forEachMention(sources, (reference, kind, { mappedAs }) => {
    const place = placeOf(reference, mappedAs);
    if (isToolError(place)) return;
    const key = `${reference} ${place.repository[place.serving]}`;
    if (found.has(key)) return;
    const ref = parseImageRef(reference);
    const byBoth = kind === 'release' && `${ref.registry}/${ref.repository}` === RELEASE_PAYLOAD;
    found.set(key, { reference, ref, kind, repository: place.repository, byBoth });
  });
  return [...found.values()];
}
