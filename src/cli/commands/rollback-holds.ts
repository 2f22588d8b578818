import type { MirrorManifest } from '../../manifest/types.ts';
import type { Hold } from '../../plan/history-types.ts';
import type { RollbackReport } from '../../plan/rollback-types.ts';
import type { Check, Plan } from '../../plan/types.ts';
import { readHolds } from '../../reconcile/hold-pass.ts';
import type { PreparedRollback } from '../../reconcile/prepare-rollback.ts';
import { openControlFiles } from '../local-control.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { assertApproved } from './apply-holds.ts';

/** What a rollback is held against. */
export interface RollbackHolding {
  readonly options: {
    readonly mode: RollbackReport['mode'];
    /** The only plan that may be carried out, as typed; null for whichever it is. */
    readonly approveHash: string | null;
  };
  readonly manifest: MirrorManifest;
  readonly wiring: Pick<Wiring, 'stateFolder'>;
}

/**
 * Adds to the checks what holds the reconciler back while a person goes back, as for an `apply` that a person types:
 * suspension, windows and `dryRun` warn, a plan that nobody approved is refused. Who writes the pin alone leaves it to
 * a pass, which keeps to all of it. Throws `PLAN_STALE` where another plan was approved.
 */
export async function holdRollback(
  prepared: PreparedRollback,
  { options: { mode, approveHash }, manifest, wiring }: RollbackHolding,
): Promise<PreparedRollback> {
  const { plan, checks } = prepared;
  if (plan.steps.length === 0 || mode === 'pin-only') return prepared;
  const control = openControlFiles(wiring.stateFolder);
  if (approveHash !== null) await assertApproved(approveHash, plan, control);
  const all = await readHolds({ plan, state: { manifest } }, { control, clock: systemClock });
  const holds = all.filter(({ kind }) => kind !== 'approval' || approveHash === null);
  // No image is copied, and a window counts where a step waits for it.
  const counting = holds.filter(({ kind }) => kind !== 'copy-window');
  return { ...prepared, checks: [...checks, ...counting.map((hold) => describe(hold, plan))] };
}

function describe({ kind, message }: Hold, { hash }: Plan): Check {
  const shared = { kind: 'held', catalog: null, item: null, neededBy: [] } as const;
  if (kind === 'approval')
    return {
      ...shared,
      severity: 'blocked',
      message: `spec.reconcile.approval is required, and nobody approved this: plan ${hash}.`,
      hint: `Once it is reviewed, give the same command --approve-hash ${hash}. Or write the pin with --pin-only, and let a commit and its plan be approved as always.`,
    };
  return {
    ...shared,
    severity: 'warning',
    message: `The reconciler is held back (${message}); a rollback that a person types goes on.`,
    hint: null,
  };
}
