import type { GitPort } from '../git/port.ts';
import { dayOf } from '../manifest/day.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { readKnownMissing } from '../reconcile/read-rules.ts';
import type { MergeSummary } from '../report/render-merge-text.ts';
import type { CommandContext } from './context.ts';
import { findHeld } from './find-held.ts';
import { openSource } from './read-source.ts';
import { buildSourceContext } from './source-context.ts';
import { systemClock } from './system-clock.ts';
import { assertClean, type TakeInDeps, takeIn } from './take-in.ts';
import { assertCanTell, type TellContext, tellClusters } from './tell-clusters.ts';
import type { Wiring } from './wire.ts';

export interface DeliveryOptions {
  /** Default: the catalog's index in staging. */
  readonly from: string | null;
  readonly acceptDefaultChannel: boolean;
  readonly allOrNothing: boolean;
  readonly dryRun: boolean;
}

export interface DeliveryPlace {
  /** Whose working tree is read and written. */
  readonly git: GitPort;
  readonly manifest: MirrorManifest;
  /** Whether files of the catalogs may differ from HEAD: they do where a branch is laid on its base. */
  readonly mayDiffer: boolean;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

/** Takes a delivery into each of the catalogs, and lets `cluster/` name what they give. */
export async function mergeDeliveries(
  entries: readonly CatalogEntry[],
  options: DeliveryOptions,
  place: DeliveryPlace,
): Promise<readonly MergeSummary[]> {
  const { git, manifest, context, wiring } = place;
  const snapshot = await git.openWorkingTree();
  const telling = {
    git,
    manifest,
    manifestFile: context.manifestFile,
    openBuilder: createBuilderOpener({ git, manifest, wiring, context }),
  };
  const allowed = assertAllowed(entries, telling, place.mayDiffer);
  // Whoever awaits it hears of its failure, but that may come before anybody awaits it.
  allowed.catch(() => null);
  const taken: MergeSummary[] = [];
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
    taken.push(summary);
  }
  if (options.dryRun) return taken;
  // Afterwards, since what is kept of one catalog may hang on the others.
  const summaries: MergeSummary[] = [];
  for (const [at, entry] of entries.entries()) {
    const [summary] = taken.slice(at, at + 1);
    if (summary !== undefined)
      summaries.push({ ...summary, cluster: await tellClusters(entry, telling) });
  }
  return summaries;
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
    const { createIndexBuilder } = await import('../reconcile/build-index.ts');
    const { createLayerBuilder } = await import('./build-layers.ts');
    return createIndexBuilder({
      registry: wiring.openRegistry(manifest.registries[servingRole(manifest)]),
      readSource: () => git.readRemoteUrl(),
      work: { buildGroups: createLayerBuilder(context.signal) },
    });
  }
  return () => {
    opened ??= open();
    return opened;
  };
}

async function assertAllowed(
  entries: readonly CatalogEntry[],
  deps: TellContext,
  mayDiffer: boolean,
): Promise<void> {
  if (!mayDiffer) for (const entry of entries) await assertClean(deps.git, entry);
  for (const entry of entries) await assertCanTell(entry, deps);
}
