import type { ErrorCode } from './error-codes.ts';

/**
 * One fault found while judging input. Problems are values: they are collected, never thrown, and
 * printed together, so that a person sees all of them at once.
 */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  /** A full sentence: what is wrong, with which thing, what was expected. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Path relative to the folder or repository that was read, `/`-separated. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  readonly catalog?: string;
  readonly package?: string;
  readonly channel?: string;
  readonly bundle?: string;
}

/** `file:line:column`, as far as each is known; empty where no file is. */
export function formatPlace(problem: Pick<Problem, 'file' | 'line' | 'column'>): string {
  if (problem.file === undefined) return '';
  const parts = [problem.file, problem.line, problem.column].filter((part) => part !== undefined);
  return parts.join(':');
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

/** `place: message (hint)` on one line, whatever names stand in it. */
export function formatProblemLine(problem: Problem): string {
  return formatLine(problem).replaceAll('\n', '\\n');
}

function formatLine(problem: Problem): string {
  const place = formatPlace(problem);
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${place === '' ? '' : `${place}: `}${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}${hint}`;
}
