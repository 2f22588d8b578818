import { ToolError } from '../base/tool-error.ts';
import type { MoveIndexStep, Outcome, PushIndexStep } from '../plan/types.ts';
import { checkClosure } from './check-closure.ts';
import type { PassContext } from './pass-context.ts';
import { retryStep } from './retry.ts';
import { type Running, runStep, settleStep } from './run-step.ts';
import { nameStep } from './step-name.ts';
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
  try {
    assertImagesSettled(context, step, results);
    await retryStep(context, nameStep(step), () => checkClosure(context, step));
    return null;
  } catch (error) {
    return endWith(error);
  }
}

// A refused tag keeps back the index that needs its image, even where the image itself is there.
function assertImagesSettled(
  context: PassContext,
  step: MoveIndexStep | PushIndexStep,
  results: readonly StepResult[],
): void {
  if (context.request.plan.indexOnly) return;
  const names = new Map(
    context.request
      .closure(step.catalog)
      .flatMap((entry) =>
        ['@', ':'].map(
          (sign) => [`${entry.repository}${sign}${entry.reference}`, entry.label] as const,
        ),
      ),
  );
  for (const { outcomes } of results) {
    const named = outcomes.find((outcome) => names.has(outcome.item));
    const bad = named === undefined ? undefined : outcomes.find((outcome) => !isDone(outcome));
    if (named !== undefined && bad !== undefined)
      throw notSettled(step, bad, names.get(named.item) ?? named.item);
  }
}

function notSettled(step: Pick<MoveIndexStep, 'catalog'>, bad: Outcome, label: string): ToolError {
  const message = `The index of ${step.catalog} stays as it is: ${bad.item}, needed for ${label}, is ${bad.kind}.`;
  return new ToolError('APPLY_CLOSURE', message, { hint: 'Settle that first, then apply again.' });
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
