import { tryParseImageRef } from '../base/image-ref.ts';
import { hasErrors } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { readBundleImages } from '../catalog/list-images.ts';
import { mapReference } from '../images/map-path.ts';
import type { InUse } from '../manifest/in-use.ts';
import type { UsedImage } from '../manifest/observed-cluster.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { findHeld } from '../plan/keep-wishes.ts';
import type { LoadedCatalog } from './load-state.ts';

/** An image that an installed or pending bundle names: what an operator starts later no pod shows yet. */
export interface HeldImage extends UsedImage {
  /** As Git's catalog has it. */
  readonly upstream: string;
}

/**
 * Lists by cluster what its installed and pending bundles name in Git's catalogs, each image once, in byte order. Operands
 * stand under their upstream names whatever the index says, since a node takes those from the CSV in the bundle image; the
 * bundle image itself is pulled from where the index names it. Catalogs with faults name nothing.
 */
export function listHeldImages(
  catalogs: readonly LoadedCatalog[],
  inUse: InUse,
  manifest: MirrorManifest,
): ReadonlyMap<string, readonly HeldImage[]> {
  const byCluster = new Map<string, Map<string, HeldImage>>();
  const sound = catalogs.filter(({ problems }) => !hasErrors(problems));
  for (const { held, named, bundle } of findHeld(sound, inUse)) {
    const images = byCluster.get(held.cluster) ?? new Map<string, HeldImage>();
    byCluster.set(held.cluster, images);
    const { image: own, relatedImages } = readBundleImages(bundle);
    const all = [
      { image: nameServed(own, named.entry, manifest), upstream: own },
      ...relatedImages.map((image) => ({ image, upstream: image })),
    ];
    for (const { image, upstream } of all) {
      if (image === '') continue;
      const user = `${held.bundle} (${held.user})`;
      const users = [...new Set([...(images.get(image)?.users ?? []), user])];
      images.set(image, { image, upstream, users, seen: null });
    }
  }
  return new Map(
    [...byCluster].map(([cluster, images]) => [
      cluster,
      [...images.values()].toSorted((a, b) => compareBytes(a.image, b.image)),
    ]),
  );
}

function nameServed(
  reference: string,
  { references }: CatalogEntry,
  manifest: MirrorManifest,
): string {
  const ref = references === 'rewrite' ? tryParseImageRef(reference) : null;
  return ref === null ? reference : mapReference(ref, 'staging', manifest);
}
