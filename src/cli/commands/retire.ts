import { replaceFiles } from '../../files/replace-files.ts';
import type { CatalogRetirement } from '../../plan/retirement-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { planRetirement } from '../../reconcile/plan-retirement.ts';
import { renderRetirementText } from '../../report/render-retirement-text.ts';
import type { CommandContext } from '../context.ts';
import { readClusterFolder } from '../read-cluster-folder.ts';
import type { Wiring } from '../wire.ts';

export interface RetireOptions {
  readonly catalog: string;
  /** Folder of objects of clusters; null for none but those below `cluster/`. */
  readonly clusterResources: string | null;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly format: 'text' | 'json';
}

/** Takes a catalog out of the working tree, unless something follows it; no registry is asked. Exit 4 where it is refused. */
export async function runRetire(
  { catalog, clusterResources, force, dryRun, format }: RetireOptions,
  { manifestFile, console, progress }: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const resources = clusterResources === null ? [] : await readClusterFolder(clusterResources);
  const { report, files, remove } = await planRetirement(
    { catalog, resources, force },
    { git, manifestFile },
  );
  if (report.refused === null && !dryRun) await replaceFiles(git.folder, files, { remove });
  const retirement: CatalogRetirement = { ...report, dryRun };
  progress.clear();
  console.result(
    format === 'json' ? JSON.stringify(retirement, null, 2) : renderRetirementText(retirement),
  );
  return retirement.exitCode;
}
