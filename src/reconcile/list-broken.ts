import { formatProblemLine, hasErrors } from '../base/problem.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';

/** Catalogs that cannot be read or judged valid, with their first fault. */
export function listBroken(state: LoadedState): ReadonlyMap<string, string> {
  const broken = state.catalogs.filter((loaded) => hasErrors(loaded.problems));
  return new Map(broken.map((loaded) => [loaded.entry.name, firstFault(loaded)]));
}

function firstFault(loaded: LoadedCatalog): string {
  const errors = loaded.problems.filter((problem) => problem.severity === 'error');
  const [first] = errors;
  if (first === undefined) return '';
  return `${formatProblemLine(first)}${errors.length > 1 ? `; and ${errors.length - 1} more` : ''}`;
}
