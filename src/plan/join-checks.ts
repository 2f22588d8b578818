import type { Review } from './review-types.ts';
import type { Check } from './types.ts';

const RANKS: Readonly<Record<Check['severity'], number>> = { error: 2, blocked: 1, warning: 0 };

/**
 * Every check of a review. The plan finds by what is served what the comparison found by the commit before: of two
 * that say the same the worse one counts, and of two as bad that of the plan.
 */
export function joinChecks({ checks, plan }: Pick<Review, 'checks' | 'plan'>): readonly Check[] {
  const planned = plan?.checks ?? [];
  const severities = new Map(planned.map((check) => [keyOf(check), check.severity]));
  const own = checks.filter((check) => {
    const twin = severities.get(keyOf(check));
    return twin === undefined || RANKS[check.severity] > RANKS[twin];
  });
  const told = new Set(own.map(keyOf));
  return [...own, ...planned.filter((check) => !told.has(keyOf(check)))];
}

function keyOf({ kind, catalog, message }: Check): string {
  return JSON.stringify([kind, catalog, message]);
}
