import type { ServedContent } from '../plan/find-losses.ts';
import { judgeIndex } from '../plan/judge-index.ts';
import type { IndexObservation } from './observe-index.ts';

/** By catalog, what is served of ours or was taken in: a foreign index may name what never was there. */
export function listServed(
  indexes: readonly IndexObservation[],
): ReadonlyMap<string, ServedContent> {
  return new Map(
    indexes.flatMap(({ wanted, observed, served }) => {
      const standing = judgeIndex(wanted, observed);
      if (served === null || standing === 'foreign') return [];
      const published = standing === 'expected' || standing === 'ours';
      return [[wanted.catalog, { content: served, published }]];
    }),
  );
}
