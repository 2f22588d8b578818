import pLimit from 'p-limit';
import { type Clock, sleepOrAbort } from '../base/clock.ts';
import { isToolError } from '../base/tool-error.ts';
import { type Copier, NOTHING_PUSHED } from './port.ts';

export interface CopyPace {
  /** Most copies at once. */
  readonly most: number;
  /** Of the pause after a first refusal; doubled by each further one without a copy that succeeds. */
  readonly delayMilliseconds: number;
  readonly longestDelayMilliseconds: number;
  readonly clock: Clock;
}

/**
 * A copier that runs fewer copies at once where a registry refuses for too many requests (429): half as
 * many, and one more for each full width of copies that succeed. Until the full width is reached again,
 * there is a pause before and after each copy: one sends a dozen requests at once, of which skopeo tries
 * only those without a body again, so it comes through only where nothing else is asked in that second.
 * Until then no images are pushed together.
 */
export function paceCopies(copier: Copier, pace: CopyPace): Copier {
  const limit = pLimit(pace.most);
  let width = pace.most;
  let refusals = 0;
  async function rest(signal: AbortSignal | undefined): Promise<void> {
    if (width === pace.most || signal?.aborted) return;
    const delay = pace.delayMilliseconds * 2 ** Math.max(0, refusals - 1);
    // What runs the copy sees an abort itself, and says so.
    await sleepOrAbort(pace.clock, Math.min(pace.longestDelayMilliseconds, delay), signal);
  }
  function noteEnd(isRefused: boolean): void {
    refusals = isRefused ? refusals + 1 : 0;
    width = Math.max(1, Math.min(pace.most, isRefused ? width / 2 : width + 1 / width));
    limit.concurrency = Math.floor(width);
  }
  return {
    ...copier,
    copy: (request, signal) =>
      limit(async () => {
        await rest(signal);
        try {
          await copier.copy(request, signal);
          noteEnd(false);
        } catch (error) {
          if (isToolError(error) && error.disposition === 'wait') noteEnd(true);
          throw error;
        } finally {
          await rest(signal);
        }
      }),
    pushImages: (request, signal) =>
      limit(async () => {
        if (width < pace.most) return NOTHING_PUSHED;
        const end = await copier.pushImages(request, signal);
        if (end.isRefused || end.pushed.size > 0) noteEnd(end.isRefused);
        return end;
      }),
  };
}
