import { formatBytes, formatCount } from '../base/text.ts';
import type { Verification } from '../plan/types.ts';

/** What a look beyond manifests took, as one line; none where there was no such look. */
export function listVerification({
  verification,
}: {
  readonly verification?: Verification;
}): readonly string[] {
  if (verification === undefined) return [];
  const { level, images, blobs, read, bytes } = verification;
  const reading = read === 0 ? '' : `, ${read} of them read and hashed (${formatBytes(bytes)})`;
  return [
    `Verified (${level}): ${formatCount(images, 'image')} in production, ${formatCount(blobs, 'blob')} asked for${reading}.`,
  ];
}
