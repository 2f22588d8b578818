import { formatProblemLine, hasErrors, type Problem } from '../../base/problem.ts';
import { formatCount } from '../../base/text.ts';
import { assertNever, ToolError } from '../../base/tool-error.ts';
import { parseManifest } from '../../manifest/parse-manifest.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readExcludes } from '../../reconcile/load-state.ts';
import { renderAnnotations } from '../../report/render-annotations.ts';
import { renderSarif } from '../../report/render-sarif.ts';
import { type CatalogPool, openCatalogPool, sumSizes } from '../catalog-pool.ts';
import { type CatalogSources, listFolderSources, listTreeSources } from '../catalog-sources.ts';
import type { CommandContext } from '../context.ts';
import { judgeSources } from '../judge-sources.ts';
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
      : await judgeFolders(options.folders, context.signal);
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

interface Subject {
  readonly name: string;
  /** Null for a folder that stands in no manifest. */
  readonly catalog: string | null;
  readonly sources: CatalogSources;
}

async function judgeAll(
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const size = sumSizes(subjects.flatMap(({ sources }) => sources.files));
  const pool = openCatalogPool({ size, signal });
  try {
    return await Promise.all(subjects.map((subject) => judgeSubject(subject, pool)));
  } finally {
    await pool.close();
  }
}

async function judgeSubject(
  { name, catalog, sources }: Subject,
  pool: CatalogPool,
): Promise<Judged> {
  const { problems, ...counts } = await judgeSources(sources, pool);
  const found = catalog === null ? problems : problems.map((problem) => ({ ...problem, catalog }));
  return { name, problems: found, ...counts };
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
  const judged: Judged = { name: context.manifestFile, problems, packages: 0, bundles: 0 };
  const subjects: Subject[] = [];
  const rules: Judged[] = [];
  for (const entry of manifest?.catalogs ?? []) {
    const { path } = entry;
    const sources = await listTreeSources(git.folder, path);
    const excludes = (await readExcludes(snapshot, entry)).problems;
    subjects.push({
      name: path,
      catalog: entry.name,
      sources: { ...sources, problems: [...sources.problems, ...excludes] },
    });
    const bridges = await judgeBridges(snapshot, entry);
    if (bridges !== null) rules.push({ ...bridges, packages: 0, bundles: 0 });
  }
  return [judged, ...(await judgeAll(subjects, context.signal)), ...rules];
}

async function judgeFolders(
  folders: readonly string[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const subjects: Subject[] = [];
  for (const name of folders)
    subjects.push({ name, catalog: null, sources: await listFolderSources(name) });
  return judgeAll(subjects, signal);
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
