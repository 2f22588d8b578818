import pLimit from 'p-limit';
import { collectAll } from '../base/collect-all.ts';
import type { EmitEvent } from '../base/events.ts';
import { type Member, MOST_BYTES_TOGETHER, openBatch } from './batch-copies.ts';
import { groupTransfers, repositoryOf, type Transfer } from './group-transfers.ts';
import type { PassContext } from './pass-context.ts';
import { deferHeld, type Running, runStep } from './run-step.ts';
import type { StepResult } from './step-result.ts';

export const COPIES_AT_A_TIME = 4;

export interface TransferOptions {
  readonly running: Running;
  readonly onFinished: (result: StepResult) => void;
}

/**
 * Runs copies and tags side by side, small images in batches, but one at a time per destination repository, in the
 * order of the plan: parallel uploads that share layers race there (spec "registries" §0.6). A copy begins when
 * those that it is to come after have been tried once: where that failed, waiting on would not help.
 */
export async function runTransfers(
  context: PassContext,
  steps: readonly Transfer[],
  options: TransferOptions,
): Promise<readonly StepResult[]> {
  const copies = context.request.concurrency ?? COPIES_AT_A_TIME;
  const limit = pLimit(countGroups(copies));
  const queues = new Map<string, Promise<unknown>>();
  const tries = createTries(context.request.emit);
  const watched = { ...context, request: { ...context.request, emit: tries.emit } };
  const joining = new Set(steps.filter((step) => mayJoin(context, step)));
  const runs = groupTransfers(steps, { joining, copies }).map((group) => {
    const ready = Promise.all(
      group.map((step) => Promise.all([queues.get(repositoryOf(step)), tries.waitFor(step)])),
    );
    const run = ready.then(() => limit(() => runGroup(watched, group, options)));
    // A bug in one step is thrown below; the queue goes on, so that nothing hangs.
    const settled = run.then(ignore, ignore);
    for (const step of group) {
      queues.set(repositoryOf(step), settled);
      tries.add(step, settled);
    }
    return run;
  });
  return (await collectAll(runs)).flat();
}

function mayJoin({ sharing }: PassContext, step: Transfer): boolean {
  return (
    step.kind === 'copy' &&
    step.repair === undefined &&
    step.bytes <= MOST_BYTES_TOGETHER &&
    !sharing.has(step.id)
  );
}

// Copies themselves are bounded by `paceCopies`: so there is always one that may begin while another is looked at.
function countGroups(copies: number): number {
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

/** All at once, save while a registry refuses for too many requests: then one by one, and none with others. */
function runGroup(
  context: PassContext,
  group: readonly Transfer[],
  options: TransferOptions,
): Promise<readonly StepResult[]> {
  if (Object.values(context.request.registries).some((registry) => registry.isSpaced())) {
    const oneByOne = pLimit(1);
    return collectAll(group.map((step) => oneByOne(() => runOne(context, step, options))));
  }
  return collectAll(openBatch(context, group).map((member) => runMember(member, options)));
}

async function runMember(
  { context, step, leave }: Member<Transfer>,
  options: TransferOptions,
): Promise<StepResult> {
  try {
    return await runOne(context, step, options);
  } finally {
    leave();
  }
}

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
