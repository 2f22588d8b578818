import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { reportReleases } from '../../reconcile/report-releases.ts';
import { renderReleasesText } from '../../report/render-releases-text.ts';
import type { CommandContext } from '../context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { openSnapshot } from './plan.ts';

export interface ReleasesOptions {
  readonly workingTree: boolean;
  readonly format: 'text' | 'json';
}

/** Lists releases and how clusters get to them. Exit 1 where something is unknown, 4 where what is in use is not whole or not signed. */
export async function runReleases(
  options: ReleasesOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const snapshot = await openSnapshot(options, git, context);
  const manifest = await readManifest(snapshot, context.manifestFile);
  const report = await reportReleases({
    manifest,
    snapshot,
    registries: wiring.openRegistries(manifest),
    verifyMessages: wiring.verifyMessages,
    clock: systemClock,
    signal: context.signal,
  });
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(report, null, 2) : renderReleasesText(report),
  );
  return report.exitCode;
}
