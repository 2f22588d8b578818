import pLimit from 'p-limit';
import { collectAll } from '../base/collect-all.ts';
import type { CopyStep, TagStep } from '../plan/types.ts';
import type { PassContext } from './pass-context.ts';
import { type Running, runStep } from './run-step.ts';
import type { StepResult } from './step-result.ts';

const COPIES_AT_A_TIME = 4;

export type Transfer = CopyStep | TagStep;

export interface TransferOptions {
  readonly running: Running;
  readonly onFinished: (result: StepResult) => void;
}

/**
 * Runs copies and tags side by side, but one at a time per destination repository: parallel
 * uploads that share layers race there (spec "registries" §0.6).
 */
export async function runTransfers(
  context: PassContext,
  steps: readonly Transfer[],
  options: TransferOptions,
): Promise<readonly StepResult[]> {
  const limit = pLimit(context.request.concurrency ?? COPIES_AT_A_TIME);
  const queues = new Map<string, Promise<unknown>>();
  const runs = steps.map((step) => {
    const repository = step.kind === 'copy' ? step.to.repository : step.repository;
    const earlier = queues.get(repository) ?? Promise.resolve();
    const run = earlier.then(() => limit(() => runOne(context, step, options)));
    // A bug in one step is thrown below; the queue goes on, so that nothing hangs.
    queues.set(
      repository,
      run.catch(() => undefined),
    );
    return run;
  });
  return collectAll(runs);
}

async function runOne(
  context: PassContext,
  step: Transfer,
  options: TransferOptions,
): Promise<StepResult> {
  const result = await runStep(context, step, options.running);
  options.onFinished(result);
  return result;
}
