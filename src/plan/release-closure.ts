import { joinNames } from '../base/text.ts';
import type { WantedImage } from '../images/types.ts';
import { checkOf } from './image-checks.ts';
import { refuse, type Settled } from './settled.ts';
import type { Outcome } from './types.ts';
import { isHarmless } from './unproved.ts';

interface Part {
  readonly settled: Settled;
  readonly image: WantedImage;
}

const SHOWN = 3;

/**
 * Refuses the payload of a release of which an image cannot come along: a cluster that finds the payload begins an update that it
 * cannot end. What is known to be missing does not count.
 */
export function refuseIncomplete<T extends Part>(
  parts: readonly T[],
  knownMissing: ReadonlyMap<string, unknown>,
): readonly T[] {
  const bad = parts.filter((part) => isMissing(part, knownMissing));
  if (bad.length === 0) return parts;
  return parts.map((part) => {
    const { image, settled } = part;
    if (!isPayload(image) || settled.steps.every(({ kind }) => kind !== 'copy')) return part;
    const items = new Set(image.neededBy.map(({ item }) => item));
    const own = bad.filter(({ image: { neededBy } }) =>
      neededBy.some(({ item }) => items.has(item)),
    );
    return own.length === 0 ? part : { ...part, settled: refusePayload(image, own) };
  });
}

/** Lets the copy of a payload be known as that, since it comes after all that it names. */
export function markPayload<T extends Part>(part: T): T {
  const { image, settled } = part;
  if (!isPayload(image) || image.tag === null) return part;
  const release = image.tag;
  const steps = settled.steps.map((step) => (step.kind === 'copy' ? { ...step, release } : step));
  return { ...part, settled: { ...settled, steps } };
}

/** A payload is wanted by its tag, its components by their digests. */
export function isPayload({ kind, digest }: WantedImage): boolean {
  return kind === 'release' && digest === null;
}

function isMissing({ image, settled }: Part, knownMissing: ReadonlyMap<string, unknown>): boolean {
  if (image.kind !== 'release' || isPayload(image)) return false;
  const outcome: Outcome | undefined = settled.settled.find(({ item }) => item === image.key);
  if (outcome === undefined || isHarmless(outcome)) return false;
  return !(outcome.kind === 'lost' && knownMissing.has(image.upstream));
}

function refusePayload(image: WantedImage, missing: readonly Part[]): Settled {
  const names = joinNames(missing.slice(0, SHOWN).map((part) => part.image.upstream));
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
  return refuse(image, {
    ...checkOf(image),
    kind: 'release-incomplete',
    severity: 'blocked',
    message: `${image.upstream} is not copied, since a cluster could begin an update to it and not end it: ${names}${more} cannot come along.`,
    hint: 'Mirror the whole release into staging, or list what never comes as known missing.',
  });
}
