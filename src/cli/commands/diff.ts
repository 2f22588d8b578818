import { formatProblemLine, hasErrors, type Problem } from '../../base/problem.ts';
import { ToolError } from '../../base/tool-error.ts';
import { parseCatalog } from '../../catalog/parse-catalog.ts';
import type { Catalog } from '../../catalog/types.ts';
import { validateCatalog } from '../../catalog/validate-catalog.ts';
import { turnAddresses } from '../../images/normalize-addresses.ts';
import type { MirrorManifest } from '../../manifest/types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { measureImages, type SizedImage } from '../../reconcile/measure-images.ts';
import {
  addSizes,
  buildDiffDocument,
  type DiffDocument,
} from '../../report/build-diff-document.ts';
import { renderDiffMarkdown } from '../../report/render-diff-markdown.ts';
import { renderDiffText } from '../../report/render-diff-text.ts';
import type { CommandContext } from '../context.ts';
import type { SourceContent } from '../read-source.ts';
import { findManifest, readSources } from '../source-context.ts';
import type { Wiring } from '../wire.ts';

export interface DiffOptions {
  readonly before: string;
  readonly after: string;
  /** Catalog of the manifest that `production` and `staging` mean; null where it has only one. */
  readonly catalog: string | null;
  /** For registries that no manifest names. */
  readonly insecure: boolean;
  readonly format: 'text' | 'markdown' | 'json';
  /** Exit 2 where something differs. */
  readonly exitCode: boolean;
  /** Ask the registries of the manifest how large new and gone images are. */
  readonly sizes: boolean;
}

/** Says what changed from one catalog to another, and changes nothing. */
export async function runDiff(
  options: DiffOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const { catalog, insecure } = options;
  const sources = await readSources(
    { sources: [options.before, options.after], catalog, insecure },
    context,
    wiring,
  );
  const served = sources.some((source) => source.role !== null);
  const manifest = served || options.sizes ? await findManifest(context) : null;
  const compared = compareSources(sources, manifest);
  const document = options.sizes
    ? await measure(compared, manifest, { context, wiring })
    : compared;
  context.progress.clear();
  context.console.result(renderDiff(document, options.format, context.console.verbose));
  return options.exitCode && document.different ? 2 : 0;
}

async function measure(
  document: DiffDocument,
  manifest: MirrorManifest | null,
  { context, wiring }: { readonly context: CommandContext; readonly wiring: Wiring },
): Promise<DiffDocument> {
  if (manifest === null)
    throw new ToolError(
      'CLI_USAGE',
      `--sizes asks the registries of a manifest, and there is no ${context.manifestFile}.`,
      { hint: 'Name its folder with -C, or leave out --sizes.' },
    );
  // What is new arrives in staging; what is gone was served from production.
  const images: readonly SizedImage[] = [
    ...document.imagesAdded.map(({ image }) => ({ image, roles: ARRIVING })),
    ...document.imagesRemoved.map(({ image }) => ({ image, roles: SERVED })),
  ];
  const sizes = await measureImages(images, {
    manifest,
    registries: wiring.openRegistries(manifest),
    emit: context.progress.emit,
    signal: context.signal,
  });
  return addSizes(document, sizes);
}

const ARRIVING = ['staging', 'production'] as const;
const SERVED = ['production'] as const;

interface ReadCatalog {
  readonly source: SourceContent;
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

function compareSources(
  sources: readonly SourceContent[],
  manifest: MirrorManifest | null,
): DiffDocument {
  const [before, after] = sources.map(parseSource);
  if (before === undefined || after === undefined) throw new Error('A diff has two sources.');
  const broken = [before, after].filter((side) => hasErrors(side.problems));
  if (broken.length > 0) throw invalidCatalogs(broken);
  return buildDiffDocument(
    buildSide(before, after.catalog, manifest),
    buildSide(after, before.catalog, manifest),
  );
}

function parseSource(source: SourceContent): ReadCatalog {
  const { catalog, problems } = parseCatalog(source.files);
  return {
    source,
    catalog,
    problems: [...source.problems, ...problems, ...validateCatalog(catalog)],
  };
}

function buildSide(
  { source, catalog }: ReadCatalog,
  other: Catalog,
  manifest: MirrorManifest | null,
): Parameters<typeof buildDiffDocument>[0] {
  // Git holds upstream addresses, an index may name its registry: for users that is no change.
  const ours = manifest !== null && source.role !== null;
  return {
    source: source.name,
    digest: source.digest,
    catalog: ours ? turnAddresses(catalog, manifest, other).catalog : catalog,
  };
}

function invalidCatalogs(broken: readonly ReadCatalog[]): ToolError {
  const faults = broken.flatMap(({ source, problems }) => [
    `The catalog ${source.name} is not valid:`,
    ...problems.map((problem) => `  ${formatProblemLine(problem)}`),
  ]);
  return new ToolError('CATALOG_INVALID', `${faults.join('\n')}\nNothing was compared.`, {
    hint: 'Correct the places named above; `olmirror validate FOLDER` judges one catalog.',
  });
}

function renderDiff(
  document: DiffDocument,
  format: DiffOptions['format'],
  verbose: boolean,
): string {
  switch (format) {
    case 'text':
      return renderDiffText(document, { verbose });
    case 'markdown':
      return renderDiffMarkdown(document);
    case 'json':
      return JSON.stringify(document, null, 2);
  }
}
