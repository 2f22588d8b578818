import { ToolError } from '../../base/tool-error.ts';
import type { PlanOutline } from '../../plan/control-types.ts';
import type { Hold } from '../../plan/history-types.ts';
import { describeHold, holdPlan } from '../../plan/hold-plan.ts';
import { diffOutlines, fitsHash, outlinePlan } from '../../plan/outline-plan.ts';
import type { Plan } from '../../plan/types.ts';
import { type HoldDeps, holdPass, readHolds } from '../../reconcile/hold-pass.ts';
import type { PreparedPass } from '../../reconcile/prepare-pass.ts';
import type { RunDeps } from '../../reconcile/run-pass.ts';
import type { CommandContext } from '../context.ts';
import { type ControlFiles, openControlFiles } from '../local-control.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

/** What of a typed command bears on holds. */
export interface HoldFlags {
  /** Nobody is there who decided: keep to what holds `watch` back. */
  readonly unattended: boolean;
  /** The only plan that may be carried out, as typed; null for whichever it is. */
  readonly approveHash: string | null;
}

export interface AllowedPlan extends Pick<RunDeps, 'findHold'> {
  readonly plan: Plan;
  /** What kept a part of it back. */
  readonly listHolds: () => readonly Hold[];
}

interface AllowContext {
  readonly flags: HoldFlags;
  readonly saved: Plan | null;
  readonly context: Pick<CommandContext, 'progress'>;
  readonly wiring: Pick<Wiring, 'stateFolder'>;
}

/**
 * What of a plan `apply` carries out. A person who types it goes on where the reconciler is held back, and is told so;
 * with `unattended` what is held waits, and a saved plan, which is carried out as a whole or not at all, is refused.
 * Where the manifest asks for approval, a plan needs it from both. Throws `PLAN_STALE` where another plan was approved.
 */
export async function allowPlan(
  prepared: PreparedPass,
  { flags, saved, context, wiring }: AllowContext,
): Promise<AllowedPlan> {
  const plan = saved ?? prepared.plan;
  const control = openControlFiles(wiring.stateFolder);
  if (flags.approveHash !== null) await assertApproved(flags.approveHash, plan, control);
  const isReviewed = saved !== null || flags.approveHash !== null;
  const subject = {
    ...prepared,
    plan,
    state: isReviewed ? spareApproval(prepared) : prepared.state,
  };
  const deps: HoldDeps = { control, clock: systemClock };
  const holds = await readHolds(subject, deps);
  const counting = holdPlan(plan, holds, prepared.wanted.keysByCatalog).holds;
  const unapproved = holds.find(({ kind }) => kind === 'approval');
  if (unapproved !== undefined) throw refuse(unapproved);
  if (flags.unattended) {
    const [hold] = saved === null ? [] : counting;
    if (hold !== undefined) throw refuse(hold);
    return holdPass(subject, deps);
  }
  for (const { message } of counting)
    context.progress.emit({
      kind: 'warning',
      message: `The reconciler is held back (${message}); this apply goes on, because a person asked for it.`,
      hint: null,
    });
  return { plan, listHolds: () => [] };
}

// Whoever saved a plan, or names its hash, has seen it.
function spareApproval({ state }: PreparedPass): PreparedPass['state'] {
  const { manifest } = state;
  const reconcile = { ...manifest.reconcile, approval: 'none' as const };
  return { ...state, manifest: { ...manifest, reconcile } };
}

function refuse(hold: Hold): ToolError {
  const hint =
    hold.kind === 'approval'
      ? 'Review it with `olmirror plan`, then run `olmirror apply --approve-hash HASH`.'
      : 'Try again when that has ended; without --unattended a person may go on.';
  return new ToolError(
    describeHold(hold).code,
    `The plan was not carried out, so nothing was written: ${hold.message}.`,
    { hint },
  );
}

/** Throws `PLAN_STALE` where a hash, as typed, is that of another plan. */
export async function assertApproved(
  asked: string,
  plan: Plan,
  control: ControlFiles,
): Promise<void> {
  if (!/^(?:sha256:)?[0-9a-f]{12,64}$/i.test(asked))
    throw new ToolError('CLI_USAGE', `--approve-hash ${asked} is no hash of a plan.`, {
      hint: 'Write sha256:… as `olmirror plan` prints it, or 12 of its hex digits at least.',
    });
  if (fitsHash(asked, plan.hash)) return;
  const known = await findKnown(asked, control);
  const differences = known === null ? [] : diffOutlines(known, outlinePlan(plan));
  throw new ToolError(
    'PLAN_STALE',
    [
      `Another plan was approved, so nothing was written: ${asked} was, and now it is ${plan.hash} of commit ${plan.revision.slice(0, 12)}.`,
      ...differences,
    ].join('\n'),
    {
      hint: 'A plan is another one where commit, registries or options differ. Review it anew with `olmirror plan`, and approve its hash.',
    },
  );
}

async function findKnown(asked: string, control: ControlFiles): Promise<PlanOutline | null> {
  const [approval, waiting] = [await control.readApproval(), await control.readWaiting()];
  const approved = approval === null || 'fault' in approval ? null : approval.plan;
  const outlines = [approved, waiting === null || 'fault' in waiting ? null : waiting];
  return outlines.find((outline) => outline !== null && fitsHash(asked, outline.hash)) ?? null;
}
