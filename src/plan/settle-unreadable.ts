import type { UnreadableImage } from '../images/types.ts';
import type { Settled } from './settled.ts';
import type { Check } from './types.ts';

/**
 * Settles an image that no registry can hold. It keeps back the indexes that name it like one that is lost
 * (promise 3), unless Git lists it as known missing.
 */
export function settleUnreadable(
  { upstream, neededBy, problem }: UnreadableImage,
  knownMissing: ReadonlyMap<string, unknown>,
): Settled {
  const known = knownMissing.has(upstream);
  // A name of its own, as the text may look like any other item.
  const item = `reference ${upstream}`;
  const { message, code } = problem;
  const check: Check = {
    kind: known ? 'known-missing' : 'invalid',
    severity: known ? 'warning' : 'error',
    message,
    hint: known ? null : (problem.hint ?? null),
    catalog: neededBy[0]?.catalog ?? null,
    item,
    neededBy,
  };
  const kind = known ? 'lost' : 'refused';
  return { steps: [], settled: [{ item, type: 'image', kind, message, code }], checks: [check] };
}
