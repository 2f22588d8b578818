import { formatProblemLine, hasErrors, type Problem } from '../../base/problem.ts';
import { formatCount } from '../../base/text.ts';
import { ToolError } from '../../base/tool-error.ts';
import { parseCatalog } from '../../catalog/parse-catalog.ts';
import { type RenderForm, renderAll } from '../../catalog/render-all.ts';
import type { Catalog } from '../../catalog/types.ts';
import { validateRenderable } from '../../catalog/validate-shapes.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import type { SourceContent } from '../read-source.ts';
import { readSources, type SourceOptions } from '../source-context.ts';
import type { Wiring } from '../wire.ts';
import { writeOutput } from '../write-output.ts';

export interface RenderOptions extends SourceOptions {
  readonly output: RenderForm;
}

/** Prints catalogs one after the other as `opm render` does; nothing where one cannot be read. */
export async function runRender(
  options: RenderOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const sources = await readSources(options, context, wiring);
  const parsed = sources.map(parseSource);
  const problems = parsed.flatMap((source) => source.problems);
  if (hasErrors(problems)) throw unreadable(problems);
  for (const problem of problems) context.console.warn(formatProblemLine(problem));
  await writeOutput(
    renderAll(
      parsed.map((source) => source.catalog),
      options.output,
    ),
  );
  return 0;
}

interface ParsedSource {
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

function parseSource({ name, files }: SourceContent): ParsedSource {
  const { catalog, problems } = parseCatalog(files);
  return {
    catalog,
    problems: [...problems, ...validateRenderable(catalog)].map((problem) => ({
      ...problem,
      ...(problem.file === undefined ? {} : { file: placeIn(name, problem.file) }),
    })),
  };
}

function placeIn(source: string, file: string): string {
  const place = source.replace(/\/+$/, '');
  return place === file || place.endsWith(`/${file}`) ? place : `${place}/${file}`;
}

function unreadable(problems: readonly Problem[]): ToolError {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return new ToolError(
    'CATALOG_INVALID',
    `${problems.map(formatProblemLine).join('\n')}\nNothing was rendered: ${formatCount(errors, 'error')}.`,
    { hint: 'Correct the places named above.' },
  );
}
