import type { UnknownPresence } from '../base/presence.ts';
import { sourcePlace } from '../images/image-places.ts';
import type { WantedImage } from '../images/types.ts';
import { checkOf } from './image-checks.ts';
import { type ImagePolicy, settleImage } from './settle-image.ts';
import { joinSettled, type Settled } from './settled.ts';
import type { Check, ObservedImage } from './types.ts';

/** A wanted image, what was seen of it, and what it came to. */
export interface SettledImage {
  readonly image: WantedImage;
  readonly observed: ObservedImage;
  readonly settled: Settled;
}

/**
 * Decides about what is attached to images that are copied: signatures, attestations, SBOMs and
 * other referrers. Each is an item of its own, counted like a wanted image; none holds an index
 * back. Of an image that the serving registry has, only what an earlier pass could not bring is observed; of one
 * that is not copied nothing is looked at.
 */
export function settleAttached(parts: readonly SettledImage[], policy: ImagePolicy): Settled {
  const done = new Set<string>();
  return joinSettled(
    parts.flatMap(({ image, observed, settled }) => {
      if (!isThereOrComes(settled, image)) return [];
      if ('state' in observed.attached)
        return [{ steps: [], settled: [], checks: [unknownAttached(image, observed.attached)] }];
      return observed.attached.flatMap(({ wanted, observed: seen }) => {
        if (done.has(wanted.key)) return [];
        done.add(wanted.key);
        return [settleImage(wanted, seen, policy)];
      });
    }),
  );
}

function isThereOrComes({ steps, settled }: Settled, { key }: WantedImage): boolean {
  const there = settled.some(({ item, kind }) => item === key && kind === 'in-sync');
  return there || steps.some((step) => step.kind === 'copy');
}

/** Leaves out what was settled as a wanted image already; the steps of both are joined elsewhere. */
export function withoutSettled(attached: Settled, images: Settled): Settled {
  const known = new Set([
    ...images.settled.map((outcome) => outcome.item),
    ...images.steps.flatMap((step) => step.items),
  ]);
  return {
    steps: attached.steps.filter((step) => !step.items.every((item) => known.has(item))),
    settled: attached.settled.filter((outcome) => !known.has(outcome.item)),
    checks: attached.checks,
  };
}

/** What was observed of wanted images and of what is attached to them, by key. */
export function withAttached(
  images: ReadonlyMap<string, ObservedImage>,
): ReadonlyMap<string, ObservedImage> {
  const all = new Map(images);
  for (const { attached } of images.values()) {
    if ('state' in attached) continue;
    for (const { wanted, observed } of attached)
      if (!all.has(wanted.key)) all.set(wanted.key, observed);
  }
  return all;
}

function unknownAttached(image: WantedImage, answer: UnknownPresence): Check {
  return {
    ...checkOf(image),
    kind: 'unknown',
    severity: 'warning',
    message: `Whether ${sourcePlace(image).role} has signatures or other referrers of ${image.upstream} is unknown, so none of them is copied now: ${answer.message}`,
    hint: answer.hint,
  };
}
