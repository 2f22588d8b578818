import { replaceFiles } from '../../files/replace-files.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import { dayOf } from '../../manifest/day.ts';
import { removeMissing } from '../../manifest/edit-known-missing.ts';
import { buildKnownMissingFileName } from '../../manifest/known-missing.ts';
import { canGo } from '../../plan/known-missing-checks.ts';
import type {
  KnownMissingItem,
  KnownMissingReport,
  PrunedList,
} from '../../plan/known-missing-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { examineKnownMissing } from '../../reconcile/examine-known-missing.ts';
import { createStateLoader } from '../../reconcile/load-state.ts';
import { readKnownMissing } from '../../reconcile/read-rules.ts';
import { renderKnownMissingText } from '../../report/render-known-missing-text.ts';
import type { CommandContext } from '../context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { selectCatalogs } from './merge.ts';
import { openSnapshot } from './plan.ts';

export interface KnownMissingOptions {
  readonly catalogs: readonly string[];
  readonly workingTree: boolean;
  /** Take out of the lists of the working tree what has come or is named no more. */
  readonly prune: boolean;
  readonly format: 'text' | 'json';
}

/** Holds the lists of known missing against production. Exit 1 where a part of that could not be told. */
export async function runKnownMissing(
  options: KnownMissingOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  // What is taken out is taken out of the files as they lie, so they are what is held against production.
  const workingTree = options.workingTree || options.prune;
  const snapshot = await openSnapshot({ workingTree }, git, context);
  const state = await createStateLoader(await wiring.openStore())(snapshot, context.manifestFile);
  const entries = selectCatalogs(state.manifest, options.catalogs, null);
  // A list with a fault is told, not taken for an empty one.
  await readKnownMissing(snapshot, { catalogs: entries });
  const registries = wiring.openRegistries(state.manifest);
  const items = await examineKnownMissing({
    state,
    registries,
    catalogs: new Set(entries.map(({ name }) => name)),
    today: dayOf(systemClock.now()),
    emit: context.progress.emit,
    signal: context.signal,
  });
  const { production, staging } = registries;
  const report: KnownMissingReport = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'KnownMissing',
    host: production.host,
    revision: snapshot.revision,
    items,
    requests: production.countRequests() + staging.countRequests(),
    pruned: options.prune ? await prune(items, git, snapshot) : null,
    exitCode: items.some(({ standing }) => standing === 'unknown') ? 1 : 0,
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(report, null, 2) : renderKnownMissingText(report),
  );
  return report.exitCode;
}

async function prune(
  items: readonly KnownMissingItem[],
  git: GitPort,
  snapshot: Snapshot,
): Promise<readonly PrunedList[]> {
  const going = items.filter((item) => canGo({ item, standing: item.standing }));
  const files = new Map<string, string>();
  const pruned: PrunedList[] = [];
  for (const [catalog, gone] of Map.groupBy(going, (item) => item.catalog)) {
    const file = buildKnownMissingFileName(catalog);
    const images = gone.map(({ image }) => image);
    const before = Buffer.from((await snapshot.readFile(file)) ?? []).toString();
    files.set(file, removeMissing(before, file, images));
    pruned.push({ file, images });
  }
  await replaceFiles(git.folder, files, { remove: [] });
  return pruned;
}
