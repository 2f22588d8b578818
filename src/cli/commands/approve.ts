import { formatCount } from '../../base/text.ts';
import { ToolError } from '../../base/tool-error.ts';
import type { ApprovalReport, PlanOutline } from '../../plan/control-types.ts';
import { fitsHash } from '../../plan/outline-plan.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import { openControlFiles } from '../local-control.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface ApproveOptions {
  /** As typed; null to show what waits. */
  readonly hash: string | null;
  readonly by: string;
  readonly format: 'text' | 'json';
}

const SHOWN = 20;

/** Lets the plan that a running `watch` waits with be carried out, by its hash; without a hash it is shown. */
export async function runApprove(
  { hash, by, format }: ApproveOptions,
  { console }: CommandContext,
  { stateFolder }: Pick<Wiring, 'stateFolder'>,
): Promise<ExitCode> {
  const control = openControlFiles(stateFolder);
  const waiting = await control.readWaiting();
  if (waiting === null || 'fault' in waiting) throw nothingWaits(waiting?.fault ?? null);
  if (hash === null) {
    console.result(format === 'json' ? renderJson(waiting, null) : renderOutline(waiting));
    return 0;
  }
  if (!fitsHash(hash, waiting.hash)) throw otherWaits(hash, waiting);
  const approved = { by, time: systemClock.now().toISOString() };
  await control.writeApproval({ ...approved, plan: waiting });
  const said = `Approved by ${by}: plan ${waiting.hash}, ${formatCount(waiting.steps.length, 'step')}.`;
  console.result(format === 'json' ? renderJson(waiting, approved) : said);
  return 0;
}

function renderJson(plan: PlanOutline, approved: ApprovalReport['approved']): string {
  const report: ApprovalReport = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Approval',
    plan,
    approved,
  };
  return JSON.stringify(report, null, 2);
}

function renderOutline({ hash, revision, steps }: PlanOutline): string {
  const rest = steps.length - SHOWN;
  return [
    `Plan ${hash} of commit ${revision.slice(0, 12)} waits to be approved:`,
    ...steps.slice(0, SHOWN).map(({ id }) => `  ${id}`),
    ...(rest > 0 ? [`  … and ${formatCount(rest, 'more step')}`] : []),
    `\`olmirror approve ${hash}\` lets it be carried out.`,
  ].join('\n');
}

function nothingWaits(fault: string | null): ToolError {
  const why = fault === null ? '' : ` (${fault})`;
  return new ToolError('PLAN_NOT_APPROVED', `No plan waits to be approved here${why}.`, {
    hint: 'A running `olmirror watch` presents one where spec.reconcile.approval is required and something is to be done.',
  });
}

function otherWaits(asked: string, waiting: PlanOutline): ToolError {
  return new ToolError(
    'PLAN_STALE',
    `Nothing was approved: ${asked} is not the plan that waits. That is ${waiting.hash}, of commit ${waiting.revision.slice(0, 12)}, with ${formatCount(waiting.steps.length, 'step')}.`,
    {
      hint: 'Look at it with `olmirror approve` or `olmirror plan`, and approve its own hash, or 12 digits of it at least.',
    },
  );
}
