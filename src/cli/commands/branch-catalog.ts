import { replaceFiles } from '../../files/replace-files.ts';
import { dayOf } from '../../manifest/day.ts';
import type { CatalogBranch } from '../../plan/branch-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { BranchRequest } from '../../reconcile/assert-branchable.ts';
import { planBranch } from '../../reconcile/plan-branch.ts';
import { renderBranchText } from '../../report/render-branch-text.ts';
import type { CommandContext } from '../context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface BranchOptions extends BranchRequest {
  readonly dryRun: boolean;
  readonly format: 'text' | 'json';
}

/** Copies a catalog in the working tree, for another minor release of OpenShift; no registry is asked. */
export async function runBranchCatalog(
  { dryRun, format, ...request }: BranchOptions,
  { manifestFile, console, progress }: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const today = dayOf(systemClock.now());
  const { report, files, manifest } = await planBranch(request, { git, manifestFile, today });
  if (!dryRun) {
    // The manifest comes last: a folder that it does not name does no harm.
    await replaceFiles(git.folder, files, { remove: [] });
    await replaceFiles(git.folder, new Map([[manifestFile, manifest]]), { remove: [] });
  }
  const branch: CatalogBranch = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'CatalogBranch',
    ...report,
    dryRun,
    exitCode: 0,
  };
  progress.clear();
  console.result(format === 'json' ? JSON.stringify(branch, null, 2) : renderBranchText(branch));
  return branch.exitCode;
}
