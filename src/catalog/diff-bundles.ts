import { compareBytes } from '../base/text.ts';
import { readBundleImages } from './list-images.ts';
import { isSameContent } from './same-content.ts';
import type { Blob } from './types.ts';

/** A bundle whose name stayed while its images changed; lists in byte order. */
export interface BundleRerelease {
  readonly bundle: string;
  /** Null where the bundle's own image is the same. */
  readonly image: { readonly before: string; readonly after: string } | null;
  readonly relatedAdded: readonly string[];
  readonly relatedRemoved: readonly string[];
}

export interface BundlesDiff {
  readonly bundlesAdded: readonly string[];
  readonly bundlesRemoved: readonly string[];
  readonly bundlesChanged: readonly string[];
  readonly bundlesRereleased: readonly BundleRerelease[];
}

/** Bundles by name; the changed ones are those of any other content, the re-released among them. */
export function diffBundles(before: readonly Blob[], after: readonly Blob[]): BundlesDiff {
  const old = new Map(before.map((bundle) => [bundle.name, bundle]));
  const fresh = new Map(after.map((bundle) => [bundle.name, bundle]));
  const changed = [...fresh].flatMap(([name, bundle]) => {
    const same = old.get(name);
    return same === undefined || isSameContent(same, bundle) ? [] : [{ name, same, bundle }];
  });
  return {
    bundlesAdded: [...fresh.keys()].filter((name) => !old.has(name)),
    bundlesRemoved: [...old.keys()].filter((name) => !fresh.has(name)),
    bundlesChanged: changed.map(({ name }) => name),
    bundlesRereleased: changed.flatMap(({ same, bundle }) => diffImagesOf(same, bundle)),
  };
}

function diffImagesOf(before: Blob, after: Blob): readonly BundleRerelease[] {
  const [old, fresh] = [readBundleImages(before), readBundleImages(after)];
  const relatedAdded = listOnlyIn(fresh.relatedImages, old.relatedImages);
  const relatedRemoved = listOnlyIn(old.relatedImages, fresh.relatedImages);
  const image = old.image === fresh.image ? null : { before: old.image, after: fresh.image };
  if (image === null && relatedAdded.length === 0 && relatedRemoved.length === 0) return [];
  return [{ bundle: after.name, image, relatedAdded, relatedRemoved }];
}

function listOnlyIn(images: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return [...new Set(images)].filter((image) => !known.has(image)).toSorted(compareBytes);
}
