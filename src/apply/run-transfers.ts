import pLimit from 'p-limit';
import { collectAll } from '../base/collect-all.ts';
import type { EmitEvent } from '../base/events.ts';
import type { CopyStep, TagStep } from '../plan/types.ts';
import type { PassContext } from './pass-context.ts';
import { deferHeld, type Running, runStep } from './run-step.ts';
import type { StepResult } from './step-result.ts';

export const COPIES_AT_A_TIME = 4;

export type Transfer = CopyStep | TagStep;

export interface TransferOptions {
  readonly running: Running;
  readonly onFinished: (result: StepResult) => void;
}

/**
 * Runs copies and tags side by side, but one at a time per destination repository, in the order of
 * the plan: parallel uploads that share layers race there (spec "registries" §0.6). A copy begins when
 * those that it is to come after have been tried once: where that failed, waiting on would not help.
 */
export async function runTransfers(
  context: PassContext,
  steps: readonly Transfer[],
  options: TransferOptions,
): Promise<readonly StepResult[]> {
  const limit = pLimit(countSteps(context.request.concurrency ?? COPIES_AT_A_TIME));
  const queues = new Map<string, Promise<unknown>>();
  const tries = createTries(context.request.emit);
  const watched = { ...context, request: { ...context.request, emit: tries.emit } };
  const runs = steps.map((step) => {
    const repository = step.kind === 'copy' ? step.to.repository : step.repository;
    const ready = Promise.all([queues.get(repository), tries.waitFor(step)]);
    const run = ready.then(() => limit(() => runOne(watched, step, options)));
    // A bug in one step is thrown below; the queue goes on, so that nothing hangs.
    const settled = run.then(ignore, ignore);
    queues.set(repository, settled);
    tries.add(step, settled);
    return run;
  });
  return collectAll(runs);
}

// Copies themselves are bounded by `paceCopies`: so there is always one that may begin while another is looked at.
function countSteps(copies: number): number {
  return copies === 1 ? 1 : copies + Math.ceil(copies / 2);
}

interface Tries {
  /** Passes events on, and sees in them which steps are tried again. */
  readonly emit: EmitEvent;
  /** Of what stands before the step: what does not, is not waited for. */
  readonly waitFor: (step: Transfer) => Promise<unknown>;
  readonly add: (step: Transfer, settled: Promise<void>) => void;
}

/** Follows the first try of each step. */
function createTries(emit: EmitEvent): Tries {
  const ended = new Map<string, Promise<void>>();
  const end = new Map<string, () => void>();
  return {
    emit(event) {
      if (event.kind === 'step-retry') end.get(event.id)?.();
      emit(event);
    },
    waitFor: (step) =>
      Promise.all(listAwaited(step).map((id) => ended.get(id) ?? Promise.resolve())),
    add(step, settled) {
      const failed = new Promise<void>((resolve) => end.set(step.id, resolve));
      ended.set(step.id, Promise.race([settled, failed]));
    },
  };
}

function listAwaited(step: Transfer): readonly string[] {
  return step.kind === 'copy' ? (step.after ?? []) : [];
}

function ignore(): void {}

async function runOne(
  context: PassContext,
  step: Transfer,
  options: TransferOptions,
): Promise<StepResult> {
  const held = await deferHeld(context, step);
  const result = held ?? (await runStep(context, step, options.running));
  options.onFinished(result);
  return result;
}
