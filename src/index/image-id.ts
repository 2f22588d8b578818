import { type Digest, digestOf } from '../base/digest.ts';
import { formatPlatform, type Platform } from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';

/**
 * Computes the image id of an index (design §8): of one platform its config digest, of several
 * the sha256 of the sorted lines `os/arch[/variant] <config digest>\n`.
 */
export function computeImageId(
  configs: readonly { readonly platform: Platform; readonly digest: Digest }[],
): Digest {
  const [only, ...others] = configs;
  if (only === undefined) throw new Error('An image id needs a config.');
  if (others.length === 0) return only.digest;
  const lines = configs.map((entry) => `${formatPlatform(entry.platform)} ${entry.digest}\n`);
  return digestOf(lines.toSorted(compareBytes).join(''));
}
