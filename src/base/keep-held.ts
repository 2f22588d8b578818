import { type Clock, sleepOrAbort } from './clock.ts';
import type { HeldLock, LockTiming } from './locker.ts';
import { isToolError, messageOf, ToolError } from './tool-error.ts';

export interface KeepOptions {
  /** For people, as the start of a sentence: `The lock /state/apply.lock`. */
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds from some beginning, which go on while the machine sleeps and know no set clock. */
  readonly elapsed: () => number;
  readonly timing: LockTiming;
  /** How old a proof may be that a write rests on. */
  readonly freshMilliseconds: number;
  /** When the lock was taken, by `elapsed`. */
  readonly since: number;
  /** Gives a sign of life. Throws `APPLY_LOCK_LOST` where another holds it; everything else is tried again. */
  readonly renew: () => Promise<void>;
  /** Gives it up, unless it is another's. */
  readonly release: () => Promise<void>;
}

/** Last moment at which the lock was surely ours, on two clocks: a set one and a sleeping machine must both show. */
interface Proof {
  readonly elapsed: number;
  readonly wall: number;
}

interface Keeping extends KeepOptions {
  readonly lost: AbortController;
  readonly ended: AbortController;
  proof: Proof;
  /** The renewal under way. */
  proving: Promise<void> | null;
}

/**
 * Keeps a lock that was just taken: gives signs of life until it is released, and aborts `lost` as soon as
 * another holds it or none could be given before the deadline.
 */
export function keepHeld(options: KeepOptions): HeldLock {
  const keeping: Keeping = {
    ...options,
    lost: new AbortController(),
    ended: new AbortController(),
    proof: { elapsed: options.since, wall: options.clock.now().getTime() },
    proving: null,
  };
  const beating = beat(keeping);
  return {
    lost: keeping.lost.signal,
    assertHeld: () => assertHeld(keeping),
    async release() {
      keeping.ended.abort();
      await beating;
      await keeping.proving;
      if (!keeping.lost.signal.aborted) await options.release();
    },
  };
}

async function beat(keeping: Keeping): Promise<void> {
  const { clock, ended, lost, timing } = keeping;
  while (!ended.signal.aborted && !lost.signal.aborted) {
    await sleepOrAbort(clock, timing.renewMilliseconds, ended.signal);
    if (!ended.signal.aborted) await prove(keeping);
  }
}

// What it says comes too late for anybody.
function ignoreEnd(): void {}

async function assertHeld(keeping: Keeping): Promise<void> {
  if (ageOf(keeping) >= keeping.freshMilliseconds) await prove(keeping);
  keeping.lost.signal.throwIfAborted();
}

// A wall clock that was set back counts too: nobody knows how much time went by meanwhile.
function ageOf({ clock, elapsed, proof }: Keeping): number {
  return Math.max(elapsed() - proof.elapsed, Math.abs(clock.now().getTime() - proof.wall));
}

function prove(keeping: Keeping): Promise<void> {
  keeping.proving ??= proveOnce(keeping).finally(() => {
    keeping.proving = null;
  });
  return keeping.proving;
}

async function proveOnce(keeping: Keeping): Promise<void> {
  const { clock, elapsed, lost, timing } = keeping;
  if (lost.signal.aborted) return;
  const began: Proof = { elapsed: elapsed(), wall: clock.now().getTime() };
  try {
    await renewWithin(keeping, timing.renewMilliseconds);
    keeping.proof = began;
  } catch (error) {
    if (isToolError(error, 'APPLY_LOCK_LOST')) lost.abort(error);
    else if (elapsed() - keeping.proof.elapsed >= timing.deadlineMilliseconds)
      lost.abort(describeSilence(keeping, error));
  }
}

// What hangs, such as a disk in the network, ends by the time: nothing else would end it.
async function renewWithin({ clock, renew }: Keeping, milliseconds: number): Promise<void> {
  const rest = new AbortController();
  const work = renew();
  const timeout = clock.sleep(milliseconds, rest.signal).then(
    () => {
      throw new Error('no answer in time');
    },
    () => work,
  );
  try {
    await Promise.race([work, timeout]);
  } finally {
    rest.abort();
    work.catch(ignoreEnd);
    timeout.catch(ignoreEnd);
  }
}

function describeSilence({ name, timing }: KeepOptions, error: unknown): ToolError {
  const seconds = timing.deadlineMilliseconds / 1000;
  return lockLost(
    `${name} could not be renewed for ${seconds} s: ${messageOf(error)}`.replace(/[.]?$/, '.'),
    error,
  );
}

/** The reason with which a lock that is lost ends its pass. */
export function lockLost(message: string, cause?: unknown): ToolError {
  return new ToolError('APPLY_LOCK_LOST', message, {
    cause,
    disposition: 'retry',
    hint: 'This pass stopped writing; what it had done is done, and no index is half published. The next pass does the rest once the lock is free.',
  });
}
