import type { PassEvent } from '../base/events.ts';
import type { PassRecord } from '../plan/history-types.ts';
import type { WatchEvent, WatchSink } from '../reconcile/watch-types.ts';

/** An answer of `/healthz` or `/readyz`. */
export interface Verdict {
  readonly ok: boolean;
  /** A sentence for people. */
  readonly reason: string;
}

export interface LoopHealth extends WatchSink {
  /** Is the loop alive? No: something in it hangs, and only a restart helps. */
  readonly judgeHealth: () => Verdict;
  /** Has it looked at Git and the registries, and did that work the last time? */
  readonly judgeReady: () => Verdict;
  /** Whether a pass has ended. */
  readonly hasLooked: () => boolean;
}

export interface LoopHealthOptions {
  /** Milliseconds without a sign of life, beyond what was announced, after which the loop counts as stuck. */
  readonly stuckAfterMilliseconds: number;
  /** Milliseconds of a clock that nobody sets: a jump of the time must not look like a hang. */
  readonly readMonotonic: () => number;
}

/**
 * Follows the loop by its signs of life. Everything that a pass tells is one, so a pass may take days while
 * something happens in it; a sleep is due when it said.
 */
export function createLoopHealth({
  stuckAfterMilliseconds,
  readMonotonic,
}: LoopHealthOptions): LoopHealth {
  let work = 'the start';
  let due = readMonotonic();
  let last: PassRecord | null = null;
  function live(what: string, milliseconds = 0): void {
    work = what;
    due = readMonotonic() + milliseconds;
  }
  return {
    onPass(event: PassEvent) {
      if (event.kind !== 'warning') due = readMonotonic();
    },
    onWatch(event: WatchEvent) {
      if (event.kind === 'pass-started') live(`pass ${event.pass}`);
      if (event.kind === 'sleeping') live('the sleep between two passes', event.milliseconds);
      if (event.kind === 'pass-ended') {
        live(`the end of pass ${event.record.id}`);
        if (event.record.result !== 'interrupted') last = event.record;
      }
    },
    close: () => Promise.resolve(),
    judgeHealth() {
      const late = readMonotonic() - due;
      if (late <= stuckAfterMilliseconds) return { ok: true, reason: 'the loop is alive' };
      const seconds = Math.round(late / 1000);
      return { ok: false, reason: `no sign of life for ${seconds} s, in ${work}` };
    },
    judgeReady: () => judgeReady(last),
    hasLooked: () => last !== null,
  };
}

/**
 * A bad commit does not make olmirror unready: it looked, and waits for a better one, of which a webhook must
 * still be able to tell.
 */
function judgeReady(last: PassRecord | null): Verdict {
  if (last === null) return { ok: false, reason: 'no pass has ended yet' };
  const { failure, report, id } = last;
  if (failure !== null && failure.disposition !== 'stall')
    return { ok: false, reason: `pass ${id} failed: ${failure.code}: ${failure.message}` };
  if (failure !== null)
    return { ok: true, reason: `stalled, waits for another commit: ${failure.message}` };
  if (report !== null && sawNothing(report))
    return { ok: false, reason: `pass ${id} got no answer from the registries` };
  return { ok: true, reason: `pass ${id} looked at Git and the registries` };
}

function sawNothing({ checks, outcomes }: NonNullable<PassRecord['report']>): boolean {
  return (
    checks.some(({ kind }) => kind === 'unknown') &&
    outcomes.every(({ kind }) => kind !== 'in-sync' && kind !== 'copied')
  );
}
