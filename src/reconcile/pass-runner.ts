import type { ProofNotes } from '../base/proof-notes.ts';
import type { CommitHead, GitPort } from '../git/port.ts';
import type { Hold, PassReason } from '../plan/history-types.ts';
import { outlinePlan } from '../plan/outline-plan.ts';
import type { PassReport } from '../plan/report-types.ts';
import { holdPass, NO_CONTROL, type PassControl } from './hold-pass.ts';
import type { PassOptions } from './pass-options.ts';
import { type PassView, viewPass } from './pass-view.ts';
import type { PassPreparer, PreparedPass } from './prepare-pass.ts';
import { type RunDeps, runPass } from './run-pass.ts';

/** A pass that is to run. */
export interface PassTask {
  /** Full id of its commit. */
  readonly revision: string;
  readonly head: CommitHead;
  readonly reason: PassReason;
}

/** How it ended. */
export interface RanPass {
  /** Null where it failed before there was a plan. */
  readonly view: PassView | null;
  /** Null where it failed before its end. */
  readonly report: PassReport | null;
  readonly holds: readonly Hold[];
  /** What was thrown; null for nothing. */
  readonly error: unknown;
}

/** Runs the passes of a loop, one at a time, in this process or in another. */
export interface PassRunner {
  /** Never throws: what goes wrong is in the answer. */
  run(task: PassTask): Promise<RanPass>;
  /** A pass may come soon: gets ready for it. */
  warm(): void;
  close(): Promise<void>;
}

export interface RunnerOptions extends PassOptions {
  /** Overrides `spec.reconcile.interval`; null for the manifest's. */
  readonly intervalMilliseconds: number | null;
  /** When each image was last seen; without them every pass asks for all. */
  readonly proofs?: ProofNotes;
}

export interface RunnerDeps extends RunDeps {
  readonly git: GitPort;
  readonly prepare: PassPreparer;
  /** What people decided on this machine; left out where there is nobody. */
  readonly control?: PassControl;
}

interface Running {
  prepared: PreparedPass | null;
}

export interface OwnRunner extends Pick<PassRunner, 'run'> {
  /** Reads the commit of an earlier pass, which the next pass waits for: much of its own will be the same. */
  readAhead(task: PassTask): Promise<void>;
}

/** Runs passes in this process, as `apply` does. */
export function createPassRunner(options: RunnerOptions, deps: RunnerDeps): OwnRunner {
  return {
    readAhead({ revision, head }) {
      return deps.prepare.readAhead(deps.git.openKnown(revision, head), options.manifestFile);
    },
    async run(task) {
      const running: Running = { prepared: null };
      try {
        const { report, holds } = await runOnCommit(task, running, { ...deps, options });
        return { view: viewOf(running, report), report, holds, error: null };
      } catch (error) {
        return { view: viewOf(running, null), report: null, holds: [], error };
      }
    },
  };
}

function viewOf({ prepared }: Running, report: PassReport | null): PassView | null {
  return prepared === null ? null : viewPass(prepared, report);
}

async function runOnCommit(
  { revision, head, reason }: PassTask,
  running: Running,
  context: RunnerDeps & { readonly options: RunnerOptions },
): Promise<{ readonly report: PassReport; readonly holds: readonly Hold[] }> {
  const { control, clock, git } = context;
  const snapshot = git.openKnown(revision, head);
  const prepared = await context.prepare(snapshot, takeTurns(reason, context.options));
  running.prepared = prepared;
  const held = await holdPass(prepared, { control: control ?? NO_CONTROL, clock });
  if (held.waitsForApproval) await control?.present(outlinePlan(prepared.plan));
  const report = await runPass(prepared, held.plan, { ...context, findHold: held.findHold });
  if (isDone(prepared, report)) await control?.endApproval();
  return { report, holds: held.listHolds() };
}

function isDone({ plan, state }: PreparedPass, { steps }: PassReport): boolean {
  return state.manifest.reconcile.approval === 'required' && steps.done === plan.steps.length;
}

// Who asks for a pass wants to know what is there.
function takeTurns(reason: PassReason, options: RunnerOptions): PassOptions {
  const { proofs, intervalMilliseconds } = options;
  if (proofs === undefined) return options;
  const inTurn = { notes: proofs, intervalMilliseconds, all: reason === 'request' };
  return { ...options, inTurn };
}
