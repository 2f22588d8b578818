import { compareBytes } from '../base/text.ts';
import { findMigration, type ManifestForm } from './bundle-migration.ts';
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

/** A bundle that says the same in another form. */
export interface BundleMigration {
  readonly bundle: string;
  /** The form that it has now. */
  readonly to: ManifestForm;
}

export interface BundlesDiff {
  readonly bundlesAdded: readonly string[];
  readonly bundlesRemoved: readonly string[];
  readonly bundlesChanged: readonly string[];
  readonly bundlesRereleased: readonly BundleRerelease[];
  /** Bundles that only changed their form; they are not among the changed ones. */
  readonly bundlesMigrated: readonly BundleMigration[];
}

/** Bundles by name; the changed ones are those that say something else, the re-released among them. */
export function diffBundles(before: readonly Blob[], after: readonly Blob[]): BundlesDiff {
  const old = new Map(before.map((bundle) => [bundle.name, bundle]));
  const fresh = new Map(after.map((bundle) => [bundle.name, bundle]));
  const others = [...fresh].flatMap(([name, bundle]) => {
    const same = old.get(name);
    if (same === undefined || isSameContent(same, bundle)) return [];
    return [{ name, same, bundle, to: findMigration(same, bundle) }];
  });
  const changed = others.filter(({ to }) => to === null);
  return {
    bundlesAdded: [...fresh.keys()].filter((name) => !old.has(name)),
    bundlesRemoved: [...old.keys()].filter((name) => !fresh.has(name)),
    bundlesChanged: changed.map(({ name }) => name),
    bundlesRereleased: changed.flatMap(({ same, bundle }) => diffBundleImages(same, bundle) ?? []),
    bundlesMigrated: others.flatMap(({ name, to }) => (to === null ? [] : [{ bundle: name, to }])),
  };
}

/** What a bundle of the same name names in place of the images before; null where it names the same. */
export function diffBundleImages(before: Blob, after: Blob): BundleRerelease | null {
  const [old, fresh] = [readBundleImages(before), readBundleImages(after)];
  const relatedAdded = listOnlyIn(fresh.relatedImages, old.relatedImages);
  const relatedRemoved = listOnlyIn(old.relatedImages, fresh.relatedImages);
  const image = old.image === fresh.image ? null : { before: old.image, after: fresh.image };
  if (image === null && relatedAdded.length === 0 && relatedRemoved.length === 0) return null;
  return { bundle: after.name, image, relatedAdded, relatedRemoved };
}

function listOnlyIn(images: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return [...new Set(images)].filter((image) => !known.has(image)).toSorted(compareBytes);
}
