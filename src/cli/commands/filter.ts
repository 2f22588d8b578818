import { formatProblemLine, hasErrors } from '../../base/problem.ts';
import { ToolError } from '../../base/tool-error.ts';
import { convertCatalog } from '../../catalog/convert-catalog.ts';
import { filterCatalog } from '../../catalog/filter-catalog.ts';
import type { FilterOptions, FilterResult, SelectionMiss } from '../../catalog/filter-types.ts';
import type { Catalog } from '../../catalog/types.ts';
import { validatePackage } from '../../catalog/validate-catalog.ts';
import { assertFree } from '../../files/write-folder.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { renderFilterText } from '../../report/render-filter-text.ts';
import type { CommandContext } from '../context.ts';
import { readSelection, type SelectionArguments } from '../read-selection.ts';
import { parseSource, readSources, type SourceOptions } from '../source-context.ts';
import type { Wiring } from '../wire.ts';
import { writeConverted } from '../write-converted.ts';
import { writeOutput } from '../write-output.ts';

export interface FilterCommandOptions extends SourceOptions, SelectionArguments {
  readonly output: 'json' | 'yaml';
  /** Null for stdout. */
  readonly outputDir: string | null;
  readonly format: 'text' | 'json';
}

/**
 * Reduces a catalog to what is selected and the way up from there. The catalog goes to stdout, and
 * what was kept and dropped to stderr; with a folder for the catalog, stdout carries the report.
 */
export async function runFilter(
  options: FilterCommandOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  if (options.outputDir !== null) await assertFree(options.outputDir);
  const [source] = await readSources(options, context, wiring);
  if (source === undefined) throw new Error('A filter has one source.');
  const catalog = parseSource(source, context);
  const { misses: unknown, ...selection } = await readSelection(options, catalog);
  const result = filterCatalog(catalog, selection);
  const misses = [...unknown, ...result.misses];
  if (misses.length > 0) throw missed(misses, source.name);
  assertSound(catalog, selection, source.name);
  context.progress.clear();
  await writeCatalog(result, options);
  report(result, { ...options, source: source.name }, context);
  return 0;
}

function missed(misses: readonly SelectionMiss[], source: string): ToolError {
  const lines = misses.map(({ message, hint }) => `  ${message} ${hint}`);
  return new ToolError(
    'CATALOG_UNKNOWN',
    `The selection names what ${source} does not have:\n${lines.join('\n')}\nNothing was written.`,
    { hint: `\`olmirror graph --source ${source}\` lists packages, channels and heads.` },
  );
}

// What opm refuses has no certain way up, and a filter must not pass it on as if it had.
function assertSound(catalog: Catalog, selection: FilterOptions, source: string): void {
  const names = new Set(selection.packages.map((entry) => entry.package));
  const problems = [...names].flatMap((name) => {
    const pkg = catalog.packages.get(name);
    return pkg === undefined ? [] : validatePackage(pkg);
  });
  if (!hasErrors(problems)) return;
  throw new ToolError(
    'CATALOG_INVALID',
    `opm would refuse what is selected of ${source}:\n${problems.map(formatProblemLine).join('\n')}\nNothing was written.`,
    { hint: 'Correct the places named above, or select other packages.' },
  );
}

async function writeCatalog(result: FilterResult, options: FilterCommandOptions): Promise<void> {
  const { output: form, outputDir } = options;
  if (outputDir !== null) {
    await writeConverted(result.catalog, { form, layout: 'package', folder: outputDir });
    return;
  }
  const { files, exact } = convertCatalog(result.catalog, { form, layout: 'file' });
  const [first] = exact;
  if (first !== undefined)
    throw new ToolError(
      'CLI_USAGE',
      `YAML cannot say ${first.schema} "${first.name}" of ${first.package} to the letter: it has a number or a text that YAML would change.`,
      { hint: 'Use -o json; or --output-dir, which puts such objects into a JSON file beside.' },
    );
  await writeOutput(files.values());
}

function report(
  result: FilterResult,
  options: FilterCommandOptions & { readonly source: string },
  context: CommandContext,
): void {
  const { source, outputDir } = options;
  const { packages, packagesDropped, unmet } = result;
  const facts = { source, outputDir, packages, packagesDropped, unmet };
  const text =
    options.format === 'json'
      ? JSON.stringify({ apiVersion: 'olmirror/v1alpha1', kind: 'FilterResult', ...facts }, null, 2)
      : renderFilterText(facts, { verbose: context.console.verbose });
  if (outputDir !== null) context.console.result(text);
  else if (options.format === 'json' || !context.console.quiet) context.console.warn(text);
}
