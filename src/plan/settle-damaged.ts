import type { Digest } from '../base/digest.ts';
import { capitalize, joinNames } from '../base/text.ts';
import { sourcePlace } from '../images/image-places.ts';
import type { Damage, DamagedPart } from '../images/prove-image.ts';
import type { WantedImage } from '../images/types.ts';
import { buildCopy } from './build-copy.ts';
import { checkOf, formatReason } from './image-checks.ts';
import { settleProtect } from './settle-protect.ts';
import { type Settled, settleUnknown } from './settled.ts';
import type { Check, ObservedImage } from './types.ts';

/**
 * Decides about an image of which the serving registry holds the manifest, but not all that it names. What is
 * clearly gone is copied again where the source has it. Wrong bytes are left to a person: the registry
 * takes them for the right ones and refuses others.
 */
export function settleDamaged(
  image: WantedImage,
  observed: ObservedImage,
  { damage, digest }: { readonly damage: Damage; readonly digest: Digest },
): Settled {
  const { restore } = observed;
  if (damage.wrong.length > 0) return settleWrong(image, damage.wrong);
  if (restore === undefined) throw new Error(`The source was not asked to mend ${image.key}.`);
  if (restore.state === 'unknown')
    return settleUnknown(image, { ...restore, role: sourcePlace(image).role });
  if (restore.state === 'absent') return settleUnmendable(image, damage.missing);
  const hindered = settleProtect(image, observed, digest);
  if (hindered !== null) return hindered;
  const { missing } = damage;
  const step = buildCopy(image, observed, {
    digest,
    reason: `damaged: ${image.serving} lacks ${listParts(missing)}; ${formatReason(image)}`,
    items: [image.key],
    absent: missing[0]?.digest ?? digest,
    tags: [],
    repair: {
      manifests: [...new Set(missing.map(({ manifest }) => manifest))],
      missing: missing.map((part) => ({ kind: part.kind, digest: part.digest })),
    },
  });
  return { steps: [step], settled: [], checks: [] };
}

function settleWrong(image: WantedImage, wrong: readonly DamagedPart[]): Settled {
  const check: Check = {
    ...checkOf(image),
    kind: 'damaged',
    severity: 'error',
    message: `${capitalize(image.serving)} holds ${image.key}, but with wrong bytes for ${listParts(wrong)}; ${formatReason(image)}.`,
    hint: HOW_TO_MEND,
  };
  return endWith(image, 'failed', check);
}

/** What only a person who keeps the registry can do about wrong bytes. */
const HOW_TO_MEND =
  'The registry takes these bytes for the right ones, so a copy does not replace them. Remove them from its storage (distribution: the folder blobs/sha256/<2 hex>/<hex>; elsewhere delete the image, or restore the blob from a backup) and look into its disk; then apply with --verify deep, which copies what is missing.';

function settleUnmendable(image: WantedImage, missing: readonly DamagedPart[]): Settled {
  const source = sourcePlace(image);
  const check: Check = {
    ...checkOf(image),
    kind: 'damaged',
    severity: 'blocked',
    message: `${capitalize(image.serving)} holds ${image.key}, but lacks ${listParts(missing)}, and ${source.role} (${source.repository}) has nothing to mend it from; ${formatReason(image)}.`,
    hint: `Mirror it into ${source.role} again, with all its platforms; the next apply with --verify deep copies what is missing.`,
  };
  return endWith(image, 'lost', check);
}

function endWith(image: WantedImage, kind: 'failed' | 'lost', check: Check): Settled {
  const { message } = check;
  return {
    steps: [],
    settled: [{ item: image.key, type: 'image', kind, message, code: 'PLAN_DAMAGED' }],
    checks: [check],
  };
}

/** `its blobs sha256:…, sha256:…`. */
function listParts(parts: readonly DamagedPart[]): string {
  const [kind = 'part', other] = new Set(parts.map((part) => part.kind));
  const word = other === undefined ? kind : 'part';
  const names = joinNames(parts.map(({ digest }) => digest));
  return `its ${parts.length === 1 ? word : `${word}s`} ${names}`;
}
