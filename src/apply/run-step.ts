import { assertNever } from '../base/tool-error.ts';
import type { Step } from '../plan/types.ts';
import { applyCopy } from './apply-copy.ts';
import { moveIndex, pushIndex } from './apply-index.ts';
import { applyTag } from './apply-tag.ts';
import type { JournalEntry } from './journal.ts';
import type { PassContext } from './pass-context.ts';
import { nameStep } from './step-name.ts';
import { buildResult, endBefore, endWith, isDone, type StepResult } from './step-result.ts';

/** Steps that run now; shared by all of a pass. */
export interface Running {
  count: number;
}

/** Carries out one step, tells and writes down how it began and ended. A stopped pass begins none. */
export async function runStep(
  context: PassContext,
  step: Step,
  running: Running,
): Promise<StepResult> {
  if (context.stop.aborted)
    return settleStep(context, buildResult(step, endBefore(context.stop)), 0);
  const name = nameStep(step);
  const started = context.clock.now().getTime();
  context.request.emit({ kind: 'step-started', ...name, bytes: step.bytes });
  await context.record({ kind: 'step-started', step: step.id, title: name.title });
  running.count += 1;
  try {
    const result = await carryOut(context, step);
    await noteOwed(context, result);
    return await settleStep(context, result, context.clock.now().getTime() - started);
  } finally {
    running.count -= 1;
  }
}

// Written before the image itself is copied, which stands behind it in the queue of its repository: once
// the image is there, only this note lets a later pass ask for what is attached.
async function noteOwed({ request }: PassContext, result: StepResult): Promise<void> {
  const { step, kind } = result;
  if (step.kind !== 'copy' || step.attachedTo === undefined) return;
  if (kind === 'failed' || kind === 'deferred') await request.notes?.owe(step.attachedTo);
}

async function carryOut(context: PassContext, step: Step): Promise<StepResult> {
  try {
    return await dispatch(context, step);
  } catch (error) {
    return buildResult(step, endWith(error));
  }
}

function dispatch(context: PassContext, step: Step): Promise<StepResult> {
  switch (step.kind) {
    case 'copy':
      return applyCopy(context, step);
    case 'tag':
      return applyTag(context, step);
    case 'push-index':
      return pushIndex(context, step);
    case 'move-index':
      return moveIndex(context, step);
    default:
      return assertNever(step);
  }
}

/** Writes down and tells how a step ended. */
export async function settleStep(
  context: PassContext,
  result: StepResult,
  milliseconds: number,
): Promise<StepResult> {
  const { step, kind, code, message } = result;
  const entries: readonly JournalEntry[] = [
    ...result.outcomes.map((outcome) => ({ kind: 'outcome', step: step.id, outcome }) as const),
    { kind: 'step-finished', step: step.id, result: kind, code, message },
  ];
  await Promise.all(entries.map(context.record));
  const bytes = isDone(result) ? step.bytes : 0;
  context.request.emit({
    kind: 'step-finished',
    ...nameStep(step),
    bytes,
    result: kind,
    message,
    milliseconds,
  });
  return result;
}
