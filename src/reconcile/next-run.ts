import type { ErrorCode } from '../base/error-codes.ts';
import type { ToolError } from '../base/tool-error.ts';

/** How a pass of the loop ended. */
export type PassEnd =
  | {
      /** `refused`: something is not as Git says and stays so until a person does something. */
      readonly kind: 'done' | 'refused';
      readonly revision: string;
      readonly interval: number | null;
      /** Why a newer commit could not be looked for or taken; left out where nothing was in the way. */
      readonly trouble?: ErrorCode;
    }
  | {
      readonly kind: 'failed';
      readonly revision: string;
      readonly interval: number | null;
      readonly error: ToolError | null;
    };

export interface NextRunFacts {
  /** Failed passes in a row, this one included. */
  readonly failures: number;
  /** Milliseconds between passes when all is well. */
  readonly interval: number;
  /** Between 0 and 1; spreads retries. */
  readonly random: number;
}

export interface NextRun {
  readonly milliseconds: number;
  readonly reason: 'interval' | 'retry';
  readonly why: string;
}

const FIRST_RETRY = 5_000;
const SHORTEST_WAIT = 1_000;
const LONGEST_WAIT = 86_400_000;

/**
 * Turns the end of a pass into the next run: `stall` waits for a commit (the interval still comes
 * round), `wait` comes back when the other side said, within a second and a day, `retry` backs off
 * with jitter and never beyond the interval.
 */
export function nextRun(end: PassEnd, facts: NextRunFacts): NextRun {
  const { interval } = facts;
  if (end.kind !== 'failed') {
    return { milliseconds: interval, reason: 'interval', why: describeRest(end) };
  }
  const disposition = end.error?.disposition ?? 'retry';
  switch (disposition) {
    case 'stall':
      return { milliseconds: interval, reason: 'interval', why: 'stalled: waits for a new commit' };
    case 'wait': {
      const asked = readWait(end, interval);
      return {
        milliseconds: Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, asked)),
        reason: 'retry',
        why:
          end.error?.code === 'PLAN_OVER_BUDGET'
            ? 'waits for the requests of the next day'
            : 'waits as long as the other side asked',
      };
    }
    case 'retry': {
      const backoff = Math.min(interval, FIRST_RETRY * 2 ** Math.max(0, facts.failures - 1));
      const jittered = Math.round(backoff * (0.75 + facts.random / 2));
      return {
        milliseconds: Math.min(interval, jittered),
        reason: 'retry',
        why: `retries after ${facts.failures} failed in a row`,
      };
    }
  }
}

function describeRest({ kind, trouble }: PassEnd & { readonly kind: 'done' | 'refused' }): string {
  if (trouble !== undefined)
    return `in step with the last commit that could be taken; no newer one is taken: ${trouble}`;
  return kind === 'done'
    ? 'in step with Git'
    : 'stalled: what was refused waits for a person, all else is in step with Git';
}

function readWait({ error }: PassEnd & { readonly kind: 'failed' }, interval: number): number {
  const seconds = error?.retryAfterSeconds;
  return seconds === undefined ? interval : seconds * 1000;
}
