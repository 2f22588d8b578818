import { formatCount } from '../base/text.ts';
import type { Check } from './types.ts';

const SHOWN = 2;

/**
 * A registry that is away makes every item unknown for one reason: some are shown, the others
 * counted. Each item keeps its own outcome, so nothing is lost (promise 8).
 */
export function foldUnknown(checks: readonly Check[]): readonly Check[] {
  const groups = Map.groupBy(
    checks.filter((check) => check.kind === 'unknown'),
    (check) => check.hint,
  );
  const folded = new Set([...groups.values()].flatMap((group) => group.slice(SHOWN)));
  const counts = [...groups.values()].flatMap((group) => countRest(group.slice(SHOWN)));
  return [...checks.filter((check) => !folded.has(check)), ...counts];
}

function countRest(rest: readonly Check[]): readonly Check[] {
  const [first] = rest;
  if (first === undefined) return [];
  const message = `The same is unknown of ${formatCount(rest.length, 'more item')}; --format json names each.`;
  return [{ ...first, message, hint: null, item: null, catalog: null, neededBy: [] }];
}
