import type { VerifyLevel } from '../../base/verify-level.ts';
import type { GitPort } from '../../git/port.ts';
import type { HandoverFile, StatusReport } from '../../plan/status-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { PreparedPass } from '../../reconcile/prepare-pass.ts';
import { readHandover } from '../../reconcile/read-handover.ts';
import { readStatus } from '../../reconcile/read-status.ts';
import { renderStatusText } from '../../report/render-status-text.ts';
import type { CommandContext } from '../context.ts';
import { findReconciler } from '../find-reconciler.ts';
import type { Wiring } from '../wire.ts';
import { HANDOVER_FILE, writeHandover } from '../write-handover.ts';
import { prepare } from './plan.ts';

export interface StatusOptions {
  readonly workingTree: boolean;
  /** Write `HANDOVER.md` into the working tree. */
  readonly handover: boolean;
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
  const reconciler = await findReconciler(wiring.stateFolder);
  const seen: StatusReport = {
    ...(await readStatus(prepared, git, context.signal)),
    ...(reconciler === null ? {} : { reconciler }),
  };
  const handover = options.handover ? await renew(seen, prepared, { git, context }) : null;
  const status = handover === null ? seen : { ...seen, handover };
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(status, null, 2) : renderStatusText(status),
  );
  return status.sync === 'Unknown' ? 1 : 0;
}

// What could not be told must not take the place of what was known.
async function renew(
  status: StatusReport,
  prepared: PreparedPass,
  { git, context }: { readonly git: GitPort; readonly context: CommandContext },
): Promise<HandoverFile> {
  const unclear = findUnclear(status);
  if (unclear !== null) return { file: HANDOVER_FILE, changed: [], withheld: unclear };
  const { manifestFile } = context;
  return writeHandover(await readHandover(prepared.state, { git, manifestFile, status }), git);
}

function findUnclear({ checks, catalogs }: StatusReport): string | null {
  const unknown = checks.find(({ kind }) => kind === 'unknown');
  const staging = catalogs.find((catalog) => catalog.staging.state === 'unknown');
  return unknown?.message ?? staging?.staging.message ?? null;
}
