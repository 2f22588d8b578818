import type { CopyStep } from '../plan/types.ts';
import { findClosureObstacle } from './find-closure-obstacle.ts';
import type { PassContext } from './pass-context.ts';
import { settleStep } from './run-step.ts';
import { runTransfers, type TransferOptions } from './run-transfers.ts';
import { buildResult, type Ending, endBefore, endWith, type StepResult } from './step-result.ts';

/** The copy of a release's payload. */
export type PayloadStep = CopyStep & { readonly release: string };

/**
 * Copies payloads of releases, after all other images: a cluster that finds a payload may begin an update to it, so none
 * is copied unless every earlier step that it rests on was done and all that it names is seen in the serving registry.
 */
export async function runPayloads(
  context: PassContext,
  payloads: readonly PayloadStep[],
  { results, ...options }: TransferOptions & { readonly results: readonly StepResult[] },
): Promise<readonly StepResult[]> {
  const ended: StepResult[] = [];
  for (const step of payloads) {
    const obstacle = await findObstacle(context, step, results);
    if (obstacle === null) {
      ended.push(...(await runTransfers(context, [step], options)));
      continue;
    }
    const result = await settleStep(context, buildResult(step, obstacle), 0);
    options.onFinished(result);
    ended.push(result);
  }
  return ended;
}

async function findObstacle(
  context: PassContext,
  step: PayloadStep,
  results: readonly StepResult[],
): Promise<Ending | null> {
  if (context.stop.aborted) return endBefore(context.stop);
  const { release } = step;
  try {
    return await findClosureObstacle(context, results, {
      step,
      entries: context.request.releaseClosure?.(release) ?? [],
      name: release,
      subject: `The payload of release ${release}`,
      held: 'is not copied',
      left: 'It was not copied.',
      else: 'list what never comes as known missing',
    });
  } catch (error) {
    return endWith(error);
  }
}
