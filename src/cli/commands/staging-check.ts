import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { ClusterKind, StagingCheck } from '../../plan/staging-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { checkStaging } from '../../reconcile/check-staging.ts';
import { renderStagingMarkdown } from '../../report/render-staging-markdown.ts';
import { renderStagingText } from '../../report/render-staging-text.ts';
import type { CommandContext } from '../context.ts';
import { formatOfFile, type ReportFormat } from '../format-of-file.ts';
import { readClusterFolder } from '../read-cluster-folder.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { prepare, WHOLE_COMMIT } from './plan.ts';

export interface StagingCheckOptions {
  /** Folders with objects of clusters, one a cluster. */
  readonly clusterResources: readonly string[];
  readonly noneOf: readonly ClusterKind[];
  readonly otherRegistries: readonly string[];
  readonly format: ReportFormat;
  /** File that gets the report too; null for none. */
  readonly output: string | null;
}

/** Says whether staging may be emptied. Exit 4 where it may not, 1 where nobody can say. */
export async function runStagingCheck(
  options: StagingCheckOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const folders = [...new Set(options.clusterResources)];
  const clusters = await Promise.all(
    folders.map(async (folder) => ({ folder, files: await readClusterFolder(folder) })),
  );
  const git = await wiring.openGit();
  const prepared = await prepare(WHOLE_COMMIT, { git, context, wiring });
  const check = await checkStaging(
    prepared,
    { clusters, stated: options.noneOf, otherRegistries: options.otherRegistries },
    { git, clock: systemClock, emit: context.progress.emit, signal: context.signal },
  );
  context.progress.clear();
  if (options.output !== null)
    await writeFileAtomic(
      options.output,
      render(check, formatOfFile(options.output, options.format)),
    );
  context.console.result(render(check, options.format));
  if (options.output !== null) context.console.say(`Written to ${options.output}: ${check.hash}`);
  return check.exitCode;
}

function render(check: StagingCheck, format: ReportFormat): string {
  switch (format) {
    case 'text':
      return renderStagingText(check);
    case 'markdown':
      return renderStagingMarkdown(check);
    case 'json':
      return `${JSON.stringify(check, null, 2)}\n`;
  }
}
