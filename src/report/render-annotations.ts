import type { Problem } from '../base/problem.ts';

/** One workflow command a problem, which GitHub and Gitea show beside the line it names. */
export function renderAnnotations(problems: readonly Problem[]): string {
  return problems.map(formatAnnotation).join('\n');
}

function formatAnnotation(problem: Problem): string {
  const { file, line, column } = problem;
  const fields = [
    ['file', file],
    ['line', line],
    ['col', column],
    ['title', problem.code],
  ] as const;
  const properties = fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${problem.severity} ${properties.join(',')}::${escapeText(sentenceOf(problem))}`;
}

function sentenceOf({ message, hint }: Problem): string {
  return hint === undefined ? message : `${message} (${hint})`;
}

function escapeText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
