import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatProblemLine, hasErrors, type Problem } from '../../base/problem.ts';
import { formatCount } from '../../base/text.ts';
import { assertNever, ToolError } from '../../base/tool-error.ts';
import { lintCatalog } from '../../catalog/lint-catalog.ts';
import { parseCatalog } from '../../catalog/parse-catalog.ts';
import type { Catalog, CatalogFile } from '../../catalog/types.ts';
import { validateCatalog } from '../../catalog/validate-catalog.ts';
import { readFolder } from '../../files/read-folder.ts';
import { parseManifest } from '../../manifest/parse-manifest.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readCatalog } from '../../reconcile/load-state.ts';
import { renderAnnotations } from '../../report/render-annotations.ts';
import { renderSarif } from '../../report/render-sarif.ts';
import type { CommandContext } from '../context.ts';
import { judgeBridges } from '../read-bridges.ts';
import { VERSION } from '../version.ts';
import type { Wiring } from '../wire.ts';

export interface ValidateOptions {
  /** Catalog folders; none for the manifest and its catalogs. */
  readonly folders: readonly string[];
  readonly format: 'text' | 'json' | 'github' | 'sarif';
}

interface Judged {
  readonly name: string;
  readonly problems: readonly Problem[];
  readonly packages: number;
  readonly bundles: number;
}

/** Judges the manifest and its catalogs as they lie in the working tree, or the given folders: every fault of every file at once. */
export async function runValidate(
  options: ValidateOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const judged =
    options.folders.length === 0
      ? await judgeState(context, wiring)
      : await Promise.all(options.folders.map(judgeFolder));
  const problems = judged.flatMap((entry) => entry.problems);
  context.console.result(renderVerdict(judged, options.format));
  return hasErrors(problems) ? 1 : 0;
}

function renderVerdict(judged: readonly Judged[], format: ValidateOptions['format']): string {
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
      return renderAnnotations(problems);
    case 'sarif':
      return renderSarif(problems, VERSION);
    default:
      return assertNever(format);
  }
}

async function judgeState(context: CommandContext, wiring: Wiring): Promise<readonly Judged[]> {
  const git = await wiring.openGit();
  const snapshot = await git.openWorkingTree();
  const bytes = await snapshot.readFile(context.manifestFile);
  if (bytes === null)
    throw new ToolError(
      'MANIFEST_NOT_FOUND',
      `There is no ${context.manifestFile} in ${context.folder}.`,
      { hint: 'Name a folder of a catalog, or another manifest with --manifest.' },
    );
  const { manifest, problems } = parseManifest(Buffer.from(bytes).toString(), context.manifestFile);
  const judged: Judged[] = [{ name: context.manifestFile, problems, packages: 0, bundles: 0 }];
  for (const entry of manifest?.catalogs ?? []) {
    const loaded = await readCatalog(snapshot, entry);
    const lint = placeIn(entry.path, lintCatalog(loaded.catalog)).map((problem) => ({
      ...problem,
      catalog: entry.name,
    }));
    judged.push({
      name: entry.path,
      problems: [...loaded.problems, ...lint],
      ...countContent(loaded.catalog),
    });
    const rules = await judgeBridges(snapshot, entry);
    if (rules !== null) judged.push({ ...rules, packages: 0, bundles: 0 });
  }
  return judged;
}

async function judgeFolder(folder: string): Promise<Judged> {
  const path = resolve(folder);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new ToolError('FILES_NOT_FOUND', `"${folder}" is not a directory.`, {
      hint: 'Give the folder of a file-based catalog.',
    });
  const files: CatalogFile[] = [];
  for await (const file of readFolder(path)) files.push(file);
  const { catalog, problems } = parseCatalog(files);
  const all = placeIn(folder, [...problems, ...validateCatalog(catalog), ...lintCatalog(catalog)]);
  return { name: folder, problems: all, ...countContent(catalog) };
}

function placeIn(folder: string, problems: readonly Problem[]): readonly Problem[] {
  const place = folder.replace(/\/+$/, '');
  return problems.map((problem) =>
    problem.file === undefined ? problem : { ...problem, file: `${place}/${problem.file}` },
  );
}

function countContent(catalog: Catalog): { readonly packages: number; readonly bundles: number } {
  const bundles = [...catalog.packages.values()].reduce(
    (sum, entry) => sum + entry.bundles.length,
    0,
  );
  return { packages: catalog.packages.size, bundles };
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
