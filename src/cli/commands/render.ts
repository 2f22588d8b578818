import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatProblemLine, hasErrors, type Problem } from '../../base/problem.ts';
import { formatCount } from '../../base/text.ts';
import { ToolError } from '../../base/tool-error.ts';
import { selectCatalogFiles } from '../../catalog/ignore.ts';
import type { RenderForm } from '../../catalog/render-blob.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { openCatalogPool, sumSizes } from '../catalog-pool.ts';
import { type CatalogSources, listFolderSources } from '../catalog-sources.ts';
import type { CommandContext } from '../context.ts';
import type { SourceContent } from '../read-source.ts';
import type { SourceOptions } from '../source-context.ts';
import { isImageName } from '../source-name.ts';
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
  const sources = await listSources(options, context, wiring);
  const files = sources.flatMap((source) => source.files);
  const pool = openCatalogPool({ size: sumSizes(files), signal: context.signal });
  try {
    const rendered = await pool.run({ kind: 'render', files, form: options.output });
    // Not before the pool is at work: it starts threads before anything that takes long is loaded.
    const { joinRendered } = await import('../../catalog/render-files.ts');
    const problems = [...sources, ...rendered].flatMap((part) => part.problems);
    if (hasErrors(problems)) throw unreadable(problems);
    for (const problem of problems) context.console.warn(formatProblemLine(problem));
    const texts = await joinRendered(rendered, (group) =>
      pool.run({
        kind: 'render-group',
        files: group.files.flatMap((index) => files[index] ?? []),
        packages: group.packages,
        form: options.output,
      }),
    );
    await writeOutput(texts);
  } finally {
    await pool.close();
  }
  return 0;
}

/** Folders are read where they are rendered, so that a large one need not be in memory whole. */
async function listSources(
  options: RenderOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<readonly CatalogSources[]> {
  const listed = new Map<string, CatalogSources>();
  for (const source of options.sources)
    if (await isFolder(source)) listed.set(source, await listFolderSources(source));
  const others = options.sources.filter((source) => !listed.has(source));
  const read = (await readOthers({ ...options, sources: others }, context, wiring)).values();
  return options.sources.map((source) => listed.get(source) ?? holdSource(read.next().value));
}

// Reading folders takes neither manifests nor images, nor what reads them.
async function readOthers(
  options: SourceOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<readonly SourceContent[]> {
  if (options.sources.length === 0) return [];
  const { readSources } = await import('../source-context.ts');
  return readSources(options, context, wiring);
}

async function isFolder(source: string): Promise<boolean> {
  if (isImageName(source)) return false;
  const found = await stat(resolve(source)).catch(() => null);
  return found?.isDirectory() === true;
}

function holdSource(source: SourceContent | undefined): CatalogSources {
  if (source === undefined) throw new Error('A source was not read.');
  const files = selectCatalogFiles(source.files).map(({ path, bytes }) => ({
    path: placeIn(source.name, path),
    size: bytes.length,
    content: bytes,
  }));
  return { files, problems: source.problems };
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
