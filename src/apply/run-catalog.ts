import type { MoveIndexStep, PushIndexStep } from '../plan/types.ts';
import { findClosureObstacle } from './find-closure-obstacle.ts';
import type { PassContext } from './pass-context.ts';
import { type Running, runStep, settleStep } from './run-step.ts';
import {
  buildResult,
  type Ending,
  endBefore,
  endWith,
  isDone,
  type StepResult,
} from './step-result.ts';

/** The steps of one catalog's index. */
export interface CatalogSteps {
  readonly push: PushIndexStep | null;
  readonly move: MoveIndexStep | null;
}

/**
 * Publishes one index, last of all: nothing of it is pushed and no tag moves unless every earlier
 * step that it rests on was done and every image it names is seen in the serving registry
 * (promise 3). Where no tag may move, the push is what publishes.
 */
export async function runCatalog(
  context: PassContext,
  steps: CatalogSteps,
  before: { readonly results: readonly StepResult[]; readonly running: Running },
): Promise<readonly StepResult[]> {
  const { push, move } = steps;
  const publishing = move ?? push;
  const obstacle =
    publishing === null ? null : await findObstacle(context, publishing, before.results);
  if (obstacle !== null) return endAll(context, steps, obstacle);
  const pushed = push === null ? null : await runStep(context, push, before.running);
  if (move === null) return pushed === null ? [] : [pushed];
  if (pushed !== null && !isDone(pushed))
    return [pushed, await settleStep(context, buildResult(move, notPushed(pushed)), 0)];
  const moved = await runStep(context, move, before.running);
  return pushed === null ? [moved] : [pushed, moved];
}

async function findObstacle(
  context: PassContext,
  step: MoveIndexStep | PushIndexStep,
  results: readonly StepResult[],
): Promise<Ending | null> {
  if (context.stop.aborted) return endBefore(context.stop);
  const held = await context.request.findHold?.(step);
  if (held !== null && held !== undefined) return { ...held, kind: 'deferred' };
  try {
    if (context.request.plan.indexOnly) return null;
    return await findClosureObstacle(context, results, {
      step,
      entries: context.request.closure(step.catalog),
      name: step.catalog,
      subject: `The index of ${step.catalog}`,
      held: 'stays as it is',
      left: `Tag ${step.repository}:${step.tag} was not written.`,
      else: 'take their bundles out of the catalog',
    });
  } catch (error) {
    return endWith(error);
  }
}

function notPushed(pushed: StepResult): Ending {
  return {
    kind: pushed.kind,
    code: pushed.code,
    message: `The index was not pushed. ${pushed.message ?? ''}`.trim(),
  };
}

async function endAll(
  context: PassContext,
  steps: CatalogSteps,
  ending: Ending,
): Promise<readonly StepResult[]> {
  const all = [steps.push, steps.move].filter((step) => step !== null);
  const results: StepResult[] = [];
  for (const step of all) results.push(await settleStep(context, buildResult(step, ending), 0));
  return results;
}
