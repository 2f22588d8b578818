import { compareBytes } from '../base/text.ts';
import { listBundleImages } from './list-images.ts';
import type { Catalog } from './types.ts';

/** An image that only one of two catalogs names. */
export interface ImageChange {
  /** As the catalog writes it. */
  readonly image: string;
  /** `package/bundle` of those that name it, in byte order. */
  readonly neededBy: readonly string[];
}

export interface ImagesDiff {
  readonly imagesAdded: readonly ImageChange[];
  readonly imagesRemoved: readonly ImageChange[];
}

/** The images that only one of two catalogs names, in byte order. */
export function diffImages(before: Catalog, after: Catalog): ImagesDiff {
  const [old, fresh] = [listNeeds(before), listNeeds(after)];
  return { imagesAdded: listOnlyIn(fresh, old), imagesRemoved: listOnlyIn(old, fresh) };
}

type Needs = ReadonlyMap<string, ReadonlySet<string>>;

function listNeeds(catalog: Catalog): Needs {
  const needs = new Map<string, Set<string>>();
  for (const bundle of listBundleImages(catalog)) {
    for (const image of [bundle.image, ...bundle.relatedImages]) {
      if (image === '') continue;
      const known = needs.get(image) ?? new Set();
      needs.set(image, known.add(`${bundle.package}/${bundle.bundle}`));
    }
  }
  return needs;
}

function listOnlyIn(needs: Needs, others: Needs): readonly ImageChange[] {
  return [...needs]
    .filter(([image]) => !others.has(image))
    .map(([image, bundles]) => ({ image, neededBy: [...bundles].toSorted(compareBytes) }))
    .toSorted((a, b) => compareBytes(a.image, b.image));
}
