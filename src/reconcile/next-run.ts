import type { ToolError } from '../base/tool-error.ts';
import type { Hold, PassFailure } from '../plan/history-types.ts';

/** How a pass of the loop ended. */
export type PassEnd =
  | {
      /** `refused`: something is not as Git says and stays so until a person does something. */
      readonly kind: 'done' | 'refused';
      readonly revision: string;
      readonly interval: number | null;
      /** Why a newer commit could not be looked for or taken; left out where nothing was in the way. */
      readonly trouble?: PassFailure['code'];
      /** What steps wait for; left out for nothing. */
      readonly holds?: readonly Hold[];
    }
  | {
      readonly kind: 'failed';
      readonly revision: string;
      readonly interval: number | null;
      readonly error: ToolError | null;
      readonly holds?: readonly Hold[];
    };

export interface NextRunFacts {
  /** Failed passes in a row, this one included. */
  readonly failures: number;
  /** Milliseconds between passes when all is well. */
  readonly interval: number;
  /** Between 0 and 1; spreads retries and intervals. */
  readonly random: number;
  readonly now: Date;
}

export interface NextRun {
  readonly milliseconds: number;
  readonly reason: 'interval' | 'retry' | 'window';
  readonly why: string;
}

const FIRST_RETRY = 5_000;
const SHORTEST_WAIT = 1_000;
const LONGEST_WAIT = 86_400_000;

/**
 * Turns the end of a pass into the next run: `stall` waits for a commit (the interval still comes
 * round), `wait` comes back when the other side said, within a second and a day, `retry` backs off
 * with jitter and never beyond the interval. The interval is spread by a twentieth, so that many do not
 * come at once. Where steps wait for a window to open or a suspension to end, the next run comes then at the latest.
 */
export function nextRun(end: PassEnd, facts: NextRunFacts): NextRun {
  const next = end.kind === 'failed' ? retryFailed(end, facts) : comeRound(end, facts);
  const release = findRelease(end.holds ?? [], facts.now);
  if (release === null || release.milliseconds > next.milliseconds) return next;
  return { ...release, reason: 'window' };
}

function comeRound(
  end: PassEnd & { readonly kind: 'done' | 'refused' },
  facts: NextRunFacts,
): NextRun {
  return { milliseconds: spread(facts), reason: 'interval', why: describeRest(end) };
}

function spread({ interval, random }: NextRunFacts): number {
  return Math.round(interval * (0.95 + random / 10));
}

function describeRest({
  kind,
  trouble,
  holds = [],
}: PassEnd & { readonly kind: 'done' | 'refused' }): string {
  if (trouble !== undefined)
    return `in step with the last commit that could be taken; no newer one is taken: ${trouble}`;
  if (kind === 'refused')
    return 'stalled: what was refused waits for a person, all else is in step with Git';
  const [hold] = holds;
  return hold === undefined ? 'in step with Git' : `held: ${hold.message}`;
}

// Whichever ends first: what else holds is found by the pass that runs then.
function findRelease(
  holds: readonly Hold[],
  now: Date,
): Pick<NextRun, 'milliseconds' | 'why'> | null {
  const ending = holds.flatMap(({ until, message }) =>
    until === null
      ? []
      : [{ milliseconds: Date.parse(until) - now.getTime(), why: `held: ${message}` }],
  );
  const [first] = ending.toSorted((a, b) => a.milliseconds - b.milliseconds);
  if (first === undefined) return null;
  return { ...first, milliseconds: Math.max(SHORTEST_WAIT, first.milliseconds) };
}

function retryFailed(end: PassEnd & { readonly kind: 'failed' }, facts: NextRunFacts): NextRun {
  const { interval } = facts;
  const disposition = end.error?.disposition ?? 'retry';
  switch (disposition) {
    case 'stall':
      return {
        milliseconds: spread(facts),
        reason: 'interval',
        why: 'stalled: waits for a new commit',
      };
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

function readWait({ error }: PassEnd & { readonly kind: 'failed' }, interval: number): number {
  const seconds = error?.retryAfterSeconds;
  return seconds === undefined ? interval : seconds * 1000;
}
