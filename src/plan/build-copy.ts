import { isAttachedKind } from '../images/attached.ts';
import { servingRepository, sourcePlace } from '../images/image-places.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import { formatCopyId } from './item.ts';
import type { CopyStep, ObservedImage } from './types.ts';

/** The copy of an image to the registry that must hold it; `rest` says why, and what else comes of it. */
export function buildCopy(
  image: WantedImage,
  { blobs, protectTagIsReferrers }: Pick<ObservedImage, 'blobs' | 'protectTagIsReferrers'>,
  rest: Pick<CopyStep, 'digest' | 'reason' | 'items' | 'absent' | 'tags' | 'repair'>,
): CopyStep {
  const repository = servingRepository(image);
  return {
    kind: 'copy',
    ...(isAttachedKind(image.kind) ? { attached: image.kind } : {}),
    ...(image.attachedTo === undefined ? {} : { attachedTo: image.attachedTo }),
    id: formatCopyId(repository, rest.digest),
    bytes: Object.values(blobs).reduce((sum, size) => sum + size, 0),
    upstream: image.upstream,
    from: sourcePlace(image),
    to: { role: image.serving, repository },
    protectTag: formatProtectTag(rest.digest, protectTagIsReferrers),
    ...rest,
  };
}
