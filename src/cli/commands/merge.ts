import { ToolError } from '../../base/tool-error.ts';
import { dayOf } from '../../manifest/day.ts';
import type { CatalogEntry, MirrorManifest } from '../../manifest/types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readKnownMissing, readManifest } from '../../reconcile/load-state.ts';
import { type MergeSummary, renderMergeText } from '../../report/render-merge-text.ts';
import type { CommandContext } from '../context.ts';
import { findHeld } from '../find-held.ts';
import { openSource } from '../read-source.ts';
import { buildSourceContext } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import { assertClean, type TakeInDeps, takeIn } from '../take-in.ts';
import { assertCanTell, type TellContext, tellClusters } from '../tell-clusters.ts';
import type { Wiring } from '../wire.ts';

export interface MergeOptions {
  readonly catalogs: readonly string[];
  /** Default: the catalog's index in staging. */
  readonly from: string | null;
  readonly acceptDefaultChannel: boolean;
  readonly allOrNothing: boolean;
  readonly dryRun: boolean;
  readonly format: 'text' | 'json';
}

/** Takes a delivery into `catalogs/`: reads, merges, writes the working tree, and says what changed. */
export async function runMerge(
  options: MergeOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const snapshot = await git.openWorkingTree();
  const manifest = await readManifest(snapshot, context.manifestFile);
  const entries = selectCatalogs(manifest, options.catalogs, options.from);
  const telling = {
    git,
    manifest,
    openBuilder: createBuilderOpener({ git, manifest, wiring, context }),
  };
  const allowed = assertAllowed(entries, telling);
  // Whoever awaits it hears of its failure, but that may come before anybody awaits it.
  allowed.catch(() => null);
  const summaries: MergeSummary[] = [];
  for (const entry of entries) {
    const deps: TakeInDeps = {
      git,
      signal: context.signal,
      allowed,
      today: dayOf(systemClock.now()),
      findHeld:
        manifest.policy.missing === 'hold'
          ? async (incoming, base) =>
              findHeld(incoming, base, {
                manifest,
                listed: await readKnownMissing(snapshot, manifest),
                today: dayOf(systemClock.now()),
                entry,
                registries: wiring.openRegistries(manifest),
                emit: context.progress.emit,
                signal: context.signal,
              })
          : null,
    };
    const summary = await takeIn(
      {
        command: 'merge',
        entry,
        manifest,
        source: await openSource(
          options.from ?? 'staging',
          entry,
          buildSourceContext(wiring, manifest),
        ).catch(async (error: unknown) => {
          await allowed;
          throw error;
        }),
        acceptDefaultChannel: options.acceptDefaultChannel,
        allOrNothing: options.allOrNothing,
        dryRun: options.dryRun,
      },
      deps,
    );
    const cluster = options.dryRun ? null : await tellClusters(entry, telling);
    summaries.push({ ...summary, cluster });
  }
  context.progress.clear();
  report(summaries, options, context);
  return summaries.some((summary) => summary.gaps.length > 0) ? 4 : 0;
}

// Where tags may move, nobody asks for it, nor for what it loads.
function createBuilderOpener({
  git,
  manifest,
  wiring,
  context,
}: Pick<TellContext, 'git' | 'manifest'> & {
  readonly wiring: Wiring;
  readonly context: CommandContext;
}): TellContext['openBuilder'] {
  let opened: ReturnType<TellContext['openBuilder']> | null = null;
  async function open(): ReturnType<TellContext['openBuilder']> {
    const { createIndexBuilder } = await import('../../reconcile/build-index.ts');
    const { createLayerBuilder } = await import('../build-layers.ts');
    return createIndexBuilder({
      production: wiring.openRegistry(manifest.registries.production),
      readSource: () => git.readRemoteUrl(),
      work: { buildGroups: createLayerBuilder(context.signal) },
    });
  }
  return () => {
    opened ??= open();
    return opened;
  };
}

async function assertAllowed(entries: readonly CatalogEntry[], deps: TellContext): Promise<void> {
  for (const entry of entries) await assertClean(deps.git, entry);
  for (const entry of entries) await assertCanTell(entry, deps);
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

function report(
  summaries: readonly MergeSummary[],
  options: MergeOptions,
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
        },
        null,
        2,
      ),
    );
    return;
  }
  for (const summary of summaries) context.console.result(renderMergeText(summary));
  const written = summaries.some(
    ({ record, cluster }) => record !== null || (cluster?.files.length ?? 0) > 0,
  );
  if (options.dryRun) context.console.say('Dry run: nothing was written.');
  else if (written)
    context.console.say(
      'Look at it with `git diff`, then commit; `olmirror plan` says what the commit will do.',
    );
}
