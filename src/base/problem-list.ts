import type { Problem } from './problem.ts';
import { formatCount } from './text.ts';

/** Problems as they are found; of very many only the first are kept, the others counted. */
export interface ProblemList {
  add(problem: Problem): void;
  /** How many were added. */
  count(): number;
  /** Those that were kept, and one more for each file with others. */
  all(): readonly Problem[];
}

/** Errors of one file that are kept, and warnings likewise: more than anybody reads. */
const MOST_OF_FILE = 10_000;
/** Errors that are kept in all, and warnings likewise. */
const MOST = 100_000;

interface Hidden {
  readonly first: Problem;
  count: number;
}

export function createProblemList(): ProblemList {
  const kept: Problem[] = [];
  const counts = new Map<string, number>();
  const hidden = new Map<string, Hidden>();
  let added = 0;
  function isRoom(place: string, severity: string): boolean {
    const [ofFile, ofAll] = [counts.get(place) ?? 0, counts.get(severity) ?? 0];
    if (ofFile >= MOST_OF_FILE || ofAll >= MOST) return false;
    counts.set(place, ofFile + 1).set(severity, ofAll + 1);
    return true;
  }
  function add(problem: Problem): void {
    added += 1;
    const place = `${problem.severity} ${problem.file ?? ''}`;
    if (isRoom(place, problem.severity)) {
      kept.push(problem);
      return;
    }
    const more = hidden.get(place);
    if (more === undefined) hidden.set(place, { first: problem, count: 1 });
    else more.count += 1;
  }
  return {
    add,
    count: () => added,
    all: () => [...kept, ...[...hidden.values()].map(tellHidden)],
  };
}

/** As many problems as a `ProblemList` keeps. */
export function limitProblems(problems: Iterable<Problem>): readonly Problem[] {
  const list = createProblemList();
  for (const problem of problems) list.add(problem);
  return list.all();
}

function tellHidden({ first, count }: Hidden): Problem {
  const { severity, code, file, line, catalog } = first;
  return {
    severity,
    code,
    message: `${formatCount(count, `more ${severity}`)} of this file ${count === 1 ? 'is' : 'are'} not listed.`,
    hint: 'Correct the others first, or remove the file if it is none of a catalog.',
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(catalog === undefined ? {} : { catalog }),
  };
}
