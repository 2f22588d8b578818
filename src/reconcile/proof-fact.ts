import type { VerifyLevel } from '../base/verify-level.ts';
import { askedTags, servingRepository } from '../images/image-places.ts';
import type { WantedImage } from '../images/types.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';

/**
 * Text that stands for all that is asked of an image: the same look at another host, with another tag that must
 * point at it, or at another level proves nothing. A tag-only reference is known by its tag, so what vouches for it
 * is that the tag was there.
 */
export function formatFact(
  image: Pick<WantedImage, 'key' | 'demandedTags' | 'addedTags'>,
  { manifest, verify }: { readonly manifest: MirrorManifest; readonly verify: VerifyLevel },
): string {
  const { protect, tagDrift } = manifest.policy;
  const { host } = manifest.registries[servingRole(manifest)];
  const plain = `${host}/${image.key} ${verify} ${protect} ${tagDrift}`;
  const tags = askedTags(image);
  return tags.length === 0 ? plain : `${plain} ${tags.toSorted().join(' ')}`;
}

/** Whether nothing vouches for an image from one pass to the next: a movable tag follows its source, a debt is to be paid. */
export function isAlwaysAsked(
  image: WantedImage,
  {
    movableTags,
    owes,
  }: { readonly movableTags: ReadonlySet<string>; readonly owes: (upstream: string) => boolean },
): boolean {
  const { key, upstream, demandedTags, clash } = image;
  if (clash !== undefined || owes(upstream)) return true;
  return (
    movableTags.size > 0 &&
    (movableTags.has(key) ||
      demandedTags.some((tag) => movableTags.has(`${servingRepository(image)}:${tag}`)))
  );
}
