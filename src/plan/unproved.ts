import type { Settled } from './settled.ts';
import type { Outcome, WantedIndex } from './types.ts';

/** An image that could not be asked for is no fault of the index, which only waits for it. */
export function isHarmless({ kind, code }: Outcome): boolean {
  return kind === 'in-sync' || code === 'PLAN_UNPROVED';
}

/** Images of an index that could not be asked for. */
export function countUnproved(
  { imageKeys }: Pick<WantedIndex, 'imageKeys'>,
  { settled }: Pick<Settled, 'settled'>,
): number {
  const unproved = new Set(
    settled.flatMap(({ item, code }) => (code === 'PLAN_UNPROVED' ? [item] : [])),
  );
  return unproved.size === 0 ? 0 : imageKeys.filter((key) => unproved.has(key)).length;
}
