import { formatBytes } from '../base/text.ts';
import { sourcePlace } from '../images/image-places.ts';
import { formatNeed } from '../images/need-list.ts';
import type { WantedImage } from '../images/types.ts';
import { findDemand, type SignatureDemand } from '../manifest/signature-policy.ts';
import type { MirrorPolicy } from '../manifest/types.ts';
import { type Finding, findingOf, type PolicyFacts } from './policy-types.ts';
import type { ObservedImage } from './types.ts';

interface ImagePolicyOptions {
  readonly policy: MirrorPolicy;
  readonly facts: PolicyFacts;
  /** By the signature of the release that it belongs to. */
  readonly isSigned: boolean;
}

/** What the policies find in an image that is to be copied. */
export function judgeImage(
  image: WantedImage,
  { attached }: Pick<ObservedImage, 'attached'>,
  { policy, facts, isSigned }: ImagePolicyOptions,
): readonly Finding[] {
  const [need] = image.neededBy;
  const about = {
    image: image.upstream,
    catalog: need?.catalog ?? null,
    package: need?.package ?? null,
  };
  const by = need === undefined ? '' : ` (needed by ${formatNeed(need)})`;
  const findings: Finding[] = [];
  if (policy.imagesByTag !== 'off' && image.digest === null)
    findings.push(
      findingOf({
        ...about,
        policy: 'imagesByTag',
        level: policy.imagesByTag,
        message: `${image.upstream}${by} is named by tag, not by digest: what it is may change without a commit.`,
      }),
    );
  const demand = demandOf(image, facts);
  const fault =
    isSigned && demand === 'signed' ? null : findSignatureFault(image, demand, attached);
  if (policy.unsignedImages !== 'off' && fault !== null)
    findings.push(
      findingOf({
        ...about,
        policy: 'unsignedImages',
        level: policy.unsignedImages,
        message: `${image.upstream}${by} ${fault}.`,
      }),
    );
  return findings;
}

/** What the policies find in all that a plan copies. */
export function judgeSize(bytes: number, { deliverySize }: MirrorPolicy): readonly Finding[] {
  if (deliverySize === null || deliverySize.level === 'off') return [];
  const { level, gigabytes } = deliverySize;
  const most = gigabytes * 1_000_000_000;
  if (bytes <= most) return [];
  const message = `The plan moves ${formatBytes(bytes)}, and spec.policy.deliverySize lets ${formatBytes(most)} through.`;
  return [findingOf({ policy: 'deliverySize', level, message })];
}

function demandOf({ upstream }: WantedImage, { signatures }: PolicyFacts): SignatureDemand {
  return signatures === null ? 'signed' : findDemand(signatures, upstream);
}

function findSignatureFault(
  image: WantedImage,
  demand: SignatureDemand,
  attached: ObservedImage['attached'],
): string | null {
  if (demand === 'none') return null;
  if (demand === 'rejected') return 'is rejected by spec.policy.signaturePolicy';
  if ('state' in attached) return `may have no signature: ${attached.message}`;
  return attached.some(({ wanted }) => wanted.kind === 'signature')
    ? null
    : `has no signature beside it in ${sourcePlace(image).role}`;
}
