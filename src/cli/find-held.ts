import type { EmitEvent } from '../base/events.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { findKnown } from '../images/find-known.ts';
import { listCatalogWanted } from '../images/list-wanted.ts';
import { listMovableTags } from '../images/movable-tags.ts';
import type { WantedImage } from '../images/types.ts';
import type { CatalogEntry, ListedMissing, MirrorManifest, PerRole } from '../manifest/types.ts';
import { observeImages } from '../reconcile/observe-images.ts';
import type { RegistryPort } from '../registry/port.ts';
import { unclearError } from './unclear-error.ts';

/** A bundle that stays out of Git for now, and the image that is in neither registry. */
export interface HeldBundle {
  /** `package/bundle`. */
  readonly bundle: string;
  readonly image: string;
}

export interface FindHeldContext {
  readonly manifest: MirrorManifest;
  /** What Git lists as known missing: it holds nothing back. */
  readonly listed: readonly ListedMissing[];
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly entry: CatalogEntry;
  readonly registries: PerRole<RegistryPort>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/**
 * For `policy.missing: hold`: the bundles of a delivery, new to Git, that name an image which is
 * clearly in neither registry, or can be in none. An unknown answer holds nothing back and lets nothing in: it throws.
 */
export async function findHeld(
  incoming: Catalog,
  base: Catalog,
  context: FindHeldContext,
): Promise<readonly HeldBundle[]> {
  const { manifest, entry, registries } = context;
  const known = new Set(
    listBundleImages(base).map((bundle) => `${bundle.package}/${bundle.bundle}`),
  );
  const named = listCatalogWanted(entry.name, incoming, manifest);
  const accepted = findKnown(context.listed, named, context);
  const images = named.images.filter(({ upstream }) => !accepted.has(upstream));
  const unreadable = named.unreadable.filter(({ upstream }) => !accepted.has(upstream));
  const candidates = images.filter((image) =>
    image.neededBy.some((need) => !known.has(`${need.package}/${need.item}`)),
  );
  const observed = await observeImages(candidates, registries, {
    policy: manifest.policy,
    movableTags: listMovableTags(manifest),
    prove: null,
    owes: () => false,
    emit: context.emit,
    signal: context.signal,
  });
  const held = new Map<string, string>();
  function hold(image: Pick<WantedImage, 'upstream' | 'neededBy'>): void {
    for (const need of image.neededBy) {
      const bundle = `${need.package}/${need.item}`;
      if (!known.has(bundle) && !held.has(bundle)) held.set(bundle, image.upstream);
    }
  }
  for (const image of candidates) {
    const found = observed.get(image.key);
    const answers = [found?.serving, found?.source];
    const unknown = answers.find((answer) => answer?.state === 'unknown');
    if (unknown?.state === 'unknown')
      throw unclearError(unknown, {
        message: `Whether ${image.upstream} has been delivered is unknown, so nothing was merged: ${unknown.message}`,
        hint: unknown.hint,
      });
    if (answers.some((answer) => answer?.state === 'present')) continue;
    hold(image);
  }
  unreadable.forEach(hold);
  return [...held].map(([bundle, image]) => ({ bundle, image }));
}
