import { namesDigest } from '../manifest/index-tags.ts';
import { formatImmutableTag } from './item.ts';
import type { ObservedIndex, ObservedPin, WantedIndex } from './types.ts';

/** An index image that is present under the moving tag, and what it is to this repository. */
export type IndexStanding =
  | 'absent'
  | 'expected'
  | 'ours'
  | 'taken-in-equal'
  | 'taken-in'
  | 'foreign'
  | 'no-index'
  | 'unknown';

/**
 * Tells what the served index is (design §8). Ours: its labels say so and its never-moving tag
 * holds this very manifest. Taken in: a delivery record names its digest. Every other index is
 * foreign and is not replaced while it holds what Git lacks (promise 2). An image id proves the index that Git wants; the recipe
 * that an index names is a label, which others can copy, so it only counts of an index that is ours.
 */
export function judgeIndex(
  wanted: WantedIndex,
  observed: Omit<ObservedIndex, 'foreign' | 'pinned'>,
): IndexStanding {
  const { moving } = observed;
  if (moving.state !== 'present') return moving.state;
  const named = isNamed(wanted, observed);
  if (named && !observed.servedByRecipe) return 'expected';
  if (observed.servedImmutable?.state === 'unknown') return 'unknown';
  if (observed.servedLabelled && isKept(observed)) return named ? 'expected' : 'ours';
  const record = wanted.takenIn.findLast(
    ({ digest, partial }) => digest === moving.digest && partial !== true,
  );
  if (record === undefined) return observed.servedIsIndex ? 'foreign' : 'no-index';
  return record.content === wanted.content ? 'taken-in-equal' : 'taken-in';
}

function isNamed(
  { imageId, builder }: WantedIndex,
  { servedId, servedByRecipe }: Pick<ObservedIndex, 'servedId' | 'servedByRecipe'>,
): boolean {
  return servedId === imageId && servedByRecipe === (builder === 'podman');
}

/** Whether the never-moving tag of the served index holds this very manifest. */
export function isKept({
  moving,
  servedImmutable,
}: Pick<ObservedIndex, 'moving' | 'servedImmutable'>): boolean {
  return (
    moving.state === 'present' &&
    servedImmutable?.state === 'present' &&
    servedImmutable.digest === moving.digest
  );
}

/** Whether the index under a pin's tag is one that this repository produced or took in. */
export function isOwnPin(wanted: WantedIndex, tag: string, pinned: ObservedPin): boolean {
  const { presence, imageId, labelled } = pinned;
  if (presence.state !== 'present' || imageId === null) return false;
  if (wanted.takenIn.some((entry) => entry.digest === presence.digest)) return true;
  return labelled && (namesDigest(tag) || tag === formatImmutableTag(wanted.tag, imageId));
}
