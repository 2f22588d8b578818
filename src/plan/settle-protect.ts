import type { Digest } from '../base/digest.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import { immutableTaken } from './image-checks.ts';
import { refuse, type Settled, settleUnknown } from './settled.ts';
import type { ObservedImage } from './types.ts';

/** Refuses a copy whose never-moving tag is taken, or cannot be asked for; null where it is free, or holds the image. */
export function settleProtect(
  image: WantedImage,
  observed: Pick<ObservedImage, 'protectTag' | 'protectTagIsReferrers'>,
  digest: Digest,
): Settled | null {
  const { protectTag, protectTagIsReferrers } = observed;
  if (protectTag?.state === 'unknown') return settleUnknown(image, protectTag);
  if (protectTag?.state !== 'present' || protectTag.digest === digest) return null;
  const tag = formatProtectTag(digest, protectTagIsReferrers);
  return refuse(image, immutableTaken(image, tag, protectTag.digest));
}
