import type { ApplyRequest } from '../apply/port.ts';
import type { Clock } from '../base/clock.ts';
import type { LocalControl, PlanOutline } from '../plan/control-types.ts';
import type { Hold } from '../plan/history-types.ts';
import { describeHold, findHold, type HeldPlan, holdPlan } from '../plan/hold-plan.ts';
import { listHolds, listPresentHolds } from '../plan/list-holds.ts';
import type { PreparedPass } from './prepare-pass.ts';

export interface HoldDeps {
  /** What people decided on this machine; read anew each time. */
  readonly control: ControlReader;
  readonly clock: Clock;
}

export interface ControlReader {
  readonly readSuspension: () => Promise<LocalControl['suspension']>;
  readonly readApproval: () => Promise<LocalControl['approval']>;
}

/** What people decide about the plans of a loop, and what they are shown. */
export interface PassControl extends ControlReader {
  /** A plan that waits to be approved. */
  present(plan: PlanOutline): Promise<void>;
  /** What was approved is done: it counts no more. */
  endApproval(): Promise<void>;
}

/** Where nobody can decide anything on this machine. */
export const NO_CONTROL: ControlReader = {
  readSuspension: () => Promise.resolve(null),
  readApproval: () => Promise.resolve(null),
};

type Held = Pick<PreparedPass, 'plan' | 'wanted'> & {
  readonly state: Pick<PreparedPass['state'], 'manifest'>;
};

/** What keeps a prepared pass from being carried out now, whether a step waits for it or not. */
export async function readHolds(
  { plan, state }: Pick<Held, 'plan' | 'state'>,
  { control, clock }: HoldDeps,
): Promise<readonly Hold[]> {
  const settings = state.manifest.reconcile;
  const suspension = await control.readSuspension();
  const approval = settings.approval === 'required' ? await control.readApproval() : null;
  return listHolds(plan, { settings, local: { suspension, approval }, now: clock.now() });
}

export interface HeldPass {
  readonly plan: HeldPlan['plan'];
  /** For `ApplyRequest`: what begins to count while the pass runs holds back what has not begun. */
  readonly findHold: NonNullable<ApplyRequest['findHold']>;
  /** The whole plan is one that nobody approved, though somebody must. */
  readonly waitsForApproval: boolean;
  /** What held something back so far. */
  readonly listHolds: () => readonly Hold[];
}

/** Takes out of a prepared pass what may not be done now. */
export async function holdPass(prepared: Held, deps: HoldDeps): Promise<HeldPass> {
  const { keysByCatalog } = prepared.wanted;
  const all = await readHolds(prepared, deps);
  const held = holdPlan(prepared.plan, all, keysByCatalog);
  const holds = [...held.holds];
  const settings = prepared.state.manifest.reconcile;
  return {
    plan: held.plan,
    waitsForApproval: all.some(({ kind }) => kind === 'approval'),
    listHolds: () => holds,
    async findHold(step) {
      const local = { suspension: await deps.control.readSuspension(), approval: null };
      const present = listPresentHolds({ settings, local, now: deps.clock.now() });
      const hold = findHold(step, prepared.plan, present);
      if (hold === null) return null;
      if (holds.every(({ message }) => message !== hold.message)) holds.push(hold);
      return describeHold(hold);
    },
  };
}
