import type { Clock } from '../base/clock.ts';
import type { CommitSource } from './commit-source.ts';
import type { Trigger } from './watch-types.ts';

export interface FetchTriggerDeps {
  readonly source: CommitSource;
  /** Milliseconds between two fetches. */
  readonly interval: number;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Asked with credentials that are refused, a server may lock the account: it is asked ever more seldom. */
const LONGEST_FACTOR = 8;

/**
 * Fetches by its own interval, a tenth shorter or longer by chance, and rings when there is another commit
 * to take. A fetch that fails is told by the source, and is no reason to run a pass.
 */
export function createFetchTrigger(deps: FetchTriggerDeps): Trigger {
  return {
    start(ring) {
      const stopped = new AbortController();
      const signal = AbortSignal.any([deps.signal, stopped.signal]);
      const running = fetchUntil(signal, () => ring({ reason: 'commit' }), deps);
      return Promise.resolve(async () => {
        stopped.abort();
        await running;
      });
    },
  };
}

async function fetchUntil(
  signal: AbortSignal,
  ring: () => void,
  { source, interval, clock, random }: FetchTriggerDeps,
): Promise<void> {
  let known: string | null = null;
  let refused = 0;
  while (!signal.aborted) {
    const factor = Math.min(LONGEST_FACTOR, 2 ** refused);
    await clock.sleep(interval * factor * (0.9 + random() * 0.2), signal).catch(ignore);
    if (signal.aborted) return;
    const revision = await source.readRevision().catch(ignoreTold);
    if (revision !== null && revision !== known) ring();
    known = revision ?? known;
    refused = source.readTrouble()?.code === 'GIT_UNAUTHORIZED' ? refused + 1 : 0;
  }
}

// It was told by the source; a fault of our own, or the end of the loop, comes to light in the next pass.
function ignoreTold(): null {
  return null;
}

function ignore(): void {}
