import { join, relative } from 'node:path';
import { formatProblemLine, hasErrors, type Problem } from '../../base/problem.ts';
import { formatCount } from '../../base/text.ts';
import { assertNever } from '../../base/tool-error.ts';
import { VERSION } from '../../base/version.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { renderAnnotations } from '../../report/render-annotations.ts';
import { renderSarif } from '../../report/render-sarif.ts';
import { listFolderSources } from '../catalog-sources.ts';
import type { CommandContext } from '../context.ts';
import { type Judged, judgeCatalogs, type Subject } from '../judge-catalogs.ts';
import type { Wiring } from '../wire.ts';

export interface ValidateOptions {
  /** Catalog folders; none for the manifest and its catalogs. */
  readonly folders: readonly string[];
  readonly format: 'text' | 'json' | 'github' | 'sarif';
}

/** Judges the manifest and its catalogs as they lie in the working tree, or the given folders: every fault of every file at once. */
export async function runValidate(
  options: ValidateOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const judged =
    options.folders.length === 0
      ? await (await import('../judge-state.ts')).judgeState(context, wiring)
      : await judgeFolders(options.folders, context.signal);
  const problems = judged.flatMap((entry) => entry.problems);
  const place = options.folders.length === 0 ? relative(process.cwd(), context.folder) : '';
  context.console.result(renderVerdict(judged, options.format, place));
  return hasErrors(problems) ? 1 : 0;
}

/** `place`: the manifest's folder as this one sees it. */
function renderVerdict(
  judged: readonly Judged[],
  format: ValidateOptions['format'],
  place: string,
): string {
  const problems = judged.flatMap((entry) => entry.problems);
  switch (format) {
    case 'text':
      return judged.flatMap(renderJudged).join('\n');
    case 'json':
      return JSON.stringify(
        {
          apiVersion: 'olmirror/v1alpha1',
          kind: 'Validation',
          passed: !hasErrors(problems),
          subjects: judged,
        },
        null,
        2,
      );
    case 'github':
      return renderAnnotations(problems.map((problem) => placeBelow(problem, place)));
    case 'sarif':
      return renderSarif(
        problems.map((problem) => placeBelow(problem, place)),
        VERSION,
      );
    default:
      return assertNever(format);
  }
}

// Forges and scanners look for a file from where the command ran.
function placeBelow(problem: Problem, place: string): Problem {
  return problem.file === undefined ? problem : { ...problem, file: join(place, problem.file) };
}

async function judgeFolders(
  folders: readonly string[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const subjects: Subject[] = [];
  for (const name of folders)
    subjects.push({ name, catalog: null, sources: await listFolderSources(name) });
  return judgeCatalogs(subjects, signal);
}

function renderJudged(judged: Judged): readonly string[] {
  const errors = judged.problems.filter((problem) => problem.severity === 'error').length;
  const content =
    judged.packages === 0
      ? ''
      : ` (${formatCount(judged.packages, 'package')}, ${formatCount(judged.bundles, 'bundle')})`;
  return [
    ...judged.problems.map(formatProblemLine),
    `${judged.name}: ${errors === 0 ? 'valid' : formatCount(errors, 'error')}${content}`,
  ];
}
