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
  | 'unknown';

/**
 * Tells what the served index is (design §8). Ours: its labels say so and its never-moving tag
 * holds this very manifest. Taken in: a delivery record names its digest. Everything else is
 * foreign and is never replaced (promise 2).
 */
export function judgeIndex(
  wanted: WantedIndex,
  observed: Omit<ObservedIndex, 'foreign' | 'pinned'>,
): IndexStanding {
  const { moving } = observed;
  if (moving.state !== 'present') return moving.state;
  if (observed.servedId === wanted.imageId) return 'expected';
  if (observed.servedImmutable?.state === 'unknown') return 'unknown';
  if (
    observed.servedLabelled &&
    observed.servedImmutable?.state === 'present' &&
    observed.servedImmutable.digest === moving.digest
  )
    return 'ours';
  const record = wanted.takenIn.findLast((entry) => entry.digest === moving.digest);
  if (record === undefined) return 'foreign';
  return record.content === wanted.content ? 'taken-in-equal' : 'taken-in';
}

/** Whether the index under a pin's tag is one that this repository produced or took in. */
export function isOwnPin(wanted: WantedIndex, tag: string, pinned: ObservedPin): boolean {
  const { presence, imageId, labelled } = pinned;
  if (presence.state !== 'present' || imageId === null) return false;
  if (wanted.takenIn.some((entry) => entry.digest === presence.digest)) return true;
  const namesDigest = /^(?:sha256|olmirror)-[0-9a-f]{64}$/.test(tag);
  return labelled && (namesDigest || tag === formatImmutableTag(wanted.tag, imageId));
}
