import { ToolError } from '../../base/tool-error.ts';
import type { CatalogEntry, MirrorManifest } from '../../manifest/types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { type MergeSummary, renderMergeText } from '../../report/render-merge-text.ts';
import { type MergedBranch, renderMergedBranches } from '../../report/render-merged-branches.ts';
import type { CommandContext } from '../context.ts';
import { type DeliveryOptions, mergeDeliveries } from '../merge-deliveries.ts';
import type { Wiring } from '../wire.ts';

export interface MergeOptions extends DeliveryOptions {
  readonly catalogs: readonly string[];
  readonly format: 'text' | 'json';
}

/** Takes a delivery into `catalogs/`: reads, merges, writes the working tree, and says what changed. */
export async function runMerge(
  options: MergeOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const manifest = await readManifest(await git.openWorkingTree(), context.manifestFile);
  const entries = selectCatalogs(manifest, options.catalogs, options.from);
  const place = { git, manifest, mayDiffer: false, context, wiring };
  const summaries = await mergeDeliveries(entries, options, place);
  context.progress.clear();
  reportMerge({ summaries, branches: null }, options, context);
  return summaries.some((summary) => summary.gaps.length > 0) ? 4 : 0;
}

/** The catalogs that are named, or all; a source of their own fits only one. */
export function selectCatalogs(
  manifest: MirrorManifest,
  names: readonly string[],
  from: string | null,
): readonly CatalogEntry[] {
  const known = manifest.catalogs.map((entry) => entry.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ToolError('CATALOG_UNKNOWN', `The manifest has no catalog ${unknown}.`, {
      hint: `It has: ${known.join(', ') || 'none'}.`,
    });
  const entries = manifest.catalogs.filter(
    (entry) => names.length === 0 || names.includes(entry.name),
  );
  if (entries.length === 0)
    throw new ToolError('CATALOG_UNKNOWN', 'The manifest names no catalog.', {
      hint: 'Add one under spec.catalogs of mirror.yaml.',
    });
  const fitsAll = from === null || from === 'production' || from === 'staging';
  if (!fitsAll && entries.length > 1) {
    throw new ToolError(
      'CLI_USAGE',
      `--from ${from} gives one catalog, but the manifest has ${entries.length}.`,
      { hint: `Name the one it is for: ${known.join(', ')}.` },
    );
  }
  return entries;
}

export interface MergeReport {
  readonly summaries: readonly MergeSummary[];
  /** Null where the working tree was written. */
  readonly branches: readonly MergedBranch[] | null;
}

export function reportMerge(
  { summaries, branches }: MergeReport,
  options: Pick<MergeOptions, 'format' | 'dryRun'>,
  context: CommandContext,
): void {
  if (options.format === 'json') {
    context.console.result(
      JSON.stringify(
        {
          apiVersion: 'olmirror/v1alpha1',
          kind: 'MergeResult',
          dryRun: options.dryRun,
          catalogs: summaries,
          ...(branches === null ? {} : { branches }),
        },
        null,
        2,
      ),
    );
    return;
  }
  for (const summary of summaries) context.console.result(renderMergeText(summary));
  if (branches !== null && branches.length > 0)
    context.console.result(renderMergedBranches(branches));
  const written = summaries.some(
    ({ record, cluster }) => record !== null || (cluster?.files.length ?? 0) > 0,
  );
  if (options.dryRun) context.console.say('Dry run: nothing was written.');
  else if (written && branches === null)
    context.console.say(
      'Look at it with `git diff`, then commit; `olmirror plan` says what the commit will do.',
    );
}
