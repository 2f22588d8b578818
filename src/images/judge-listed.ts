import type { Presence } from '../base/presence.ts';
import { hasEnded } from '../manifest/day.ts';
import { isImagePattern } from '../manifest/image-pattern.ts';
import type { ListedMissing } from '../manifest/types.ts';
import { coversImage, findKey, type KnownContext } from './find-known.ts';
import type { UnreadableImage, WantedImage } from './types.ts';

/**
 * What is to be said of an item of known-missing.yaml: `owed` is as listed; `there`: production has its image now;
 * `unnamed`: nothing in Git names it; `ended`: its day has come; `unknown`: production does not tell.
 */
export type ListedStanding = 'owed' | 'there' | 'unnamed' | 'ended' | 'unknown';

export interface JudgedListed {
  readonly item: ListedMissing;
  readonly standing: ListedStanding;
  /** How many wanted images it counts for. */
  readonly images: number;
  /** Upstream names of those that production has: of a pattern some may be there while others are owed. */
  readonly there: readonly string[];
}

export interface ListedFacts extends KnownContext {
  readonly images: readonly WantedImage[];
  readonly unreadable: readonly UnreadableImage[];
  /** What production said of a wanted image; undefined where it was not asked. */
  readonly presenceOf: (image: WantedImage) => Presence | undefined;
  /** All that Git names is among the images: only then can it be said that nothing names an item. */
  readonly isWhole: boolean;
}

/** Holds each item against what Git names and production has. */
export function judgeListed(
  listed: readonly ListedMissing[],
  facts: ListedFacts,
): readonly JudgedListed[] {
  const byKey = new Map(facts.images.map((image) => [image.key, image]));
  const unreadable = new Set(facts.unreadable.map(({ upstream }) => upstream));
  return listed.map((item) => {
    if (isImagePattern(item.image)) return judgePattern(item, facts);
    const image = byKey.get(findKey(item.image, facts.manifest) ?? '');
    return judge(item, facts, {
      images: image === undefined ? [] : [image],
      others: unreadable.has(item.image) ? 1 : 0,
    });
  });
}

function judgePattern(item: ListedMissing, facts: ListedFacts): JudgedListed {
  return judge(item, facts, {
    images: facts.images.filter((image) => coversImage(item, image)),
    others: facts.unreadable.filter((image) => coversImage(item, image)).length,
  });
}

interface Covered {
  readonly images: readonly WantedImage[];
  /** References that no registry takes. */
  readonly others: number;
}

function judge(item: ListedMissing, facts: ListedFacts, { images, others }: Covered): JudgedListed {
  const states = images.map((image) => facts.presenceOf(image)?.state ?? 'unknown');
  const there = images.filter((_, i) => states[i] === 'present').map(({ upstream }) => upstream);
  const count = images.length + others;
  return { item, standing: standingOf(), images: count, there };

  function standingOf(): ListedStanding {
    if (count > 0 && there.length === count) return 'there';
    if (hasEnded(item.until, facts.today)) return 'ended';
    if (count === 0) return facts.isWhole ? 'unnamed' : 'unknown';
    return states.includes('unknown') ? 'unknown' : 'owed';
  }
}
