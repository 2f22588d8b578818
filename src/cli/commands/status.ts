import type { VerifyLevel } from '../../base/verify-level.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readStatus } from '../../reconcile/read-status.ts';
import { renderStatusText } from '../../report/render-status-text.ts';
import type { CommandContext } from '../context.ts';
import type { Wiring } from '../wire.ts';
import { prepare } from './plan.ts';

export interface StatusOptions {
  readonly workingTree: boolean;
  /** Null for what the manifest says. */
  readonly verify: VerifyLevel | null;
  readonly format: 'text' | 'json';
}

/** What is in production against Git, on one screen. Exit 1 only where that is unknown. */
export async function runStatus(
  options: StatusOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const prepared = await prepare(
    { ...options, indexOnly: false, rebuild: false },
    { git, context, wiring },
  );
  const status = await readStatus(prepared, git, context.signal);
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(status, null, 2) : renderStatusText(status),
  );
  return status.sync === 'Unknown' ? 1 : 0;
}
