import { isToolError, ToolError } from '../base/tool-error.ts';
import type { PassContext } from './pass-context.ts';
import type { StepName } from './step-name.ts';
import { isCutOff } from './step-result.ts';

/**
 * Tries again what failed for a reason that may pass: with doubled, jittered delays, or after the
 * time that the other side named. Failures of the disposition `stall` are thrown at once.
 */
export async function retryStep<T>(
  context: PassContext,
  step: StepName,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const delay = isToolError(error) ? chooseDelay(context, error, attempt) : null;
      if (!isToolError(error) || delay === null) throw error;
      const { id, title } = step;
      context.request.emit({
        kind: 'step-retry',
        id,
        title,
        attempt: attempt + 1,
        delayMilliseconds: delay,
        message: error.message,
      });
      await sleepUnlessStopped(context, delay);
    }
  }
}

function chooseDelay(context: PassContext, error: ToolError, attempt: number): number | null {
  const { retry, random, stop } = context;
  const most = error.disposition === 'wait' ? retry.attemptsAfterRefusals : retry.attempts;
  if (error.disposition === 'stall' || isCutOff(error) || attempt >= most || stop.aborted)
    return null;
  const backoff = Math.min(
    retry.delayMilliseconds * 2 ** (attempt - 1),
    retry.longestDelayMilliseconds,
  );
  const jittered = Math.round(backoff * (0.5 + random()));
  if (error.disposition === 'retry' || error.retryAfterSeconds === undefined) return jittered;
  const asked = error.retryAfterSeconds * 1000;
  return asked > retry.longestWaitMilliseconds ? null : Math.max(asked, jittered);
}

async function sleepUnlessStopped(context: PassContext, milliseconds: number): Promise<void> {
  try {
    await context.clock.sleep(milliseconds, context.stop);
  } catch (error) {
    if (!context.stop.aborted) throw error;
    throw interruption(error);
  }
}

export function interruption(cause?: unknown): ToolError {
  return new ToolError('APPLY_INTERRUPTED', 'Interrupted before it was done.', {
    cause,
    disposition: 'retry',
    hint: 'Run the command again; it goes on where this one stopped.',
  });
}
