import type { Clock } from './clock.ts';

/** A lock that is held, kept alive until it is released. */
export interface HeldLock {
  /** Aborts with a `ToolError` (`APPLY_LOCK_LOST`) as its reason where the lock is no longer surely held. */
  readonly lost: AbortSignal;
  /** To be asked before each write: looks again where the last proof is old, and throws the reason of `lost`. */
  assertHeld(): Promise<void>;
  /** Lets the next one in at once; leaves alone what another has taken over. */
  release(): Promise<void>;
}

/** Lets one writer in at a time, over processes and machines. */
export interface Locker {
  /**
   * Takes the lock of a key: the name of a mirror, or `<mirror>/<shard>` for a part of its work. A holder
   * that died is taken over; one that only fell silent is watched for some time before. Throws
   * `APPLY_LOCKED` where the lock is held, and `APPLY_INTERRUPTED` where the signal aborts.
   */
  acquire(key: string, signal: AbortSignal): Promise<HeldLock>;
  /**
   * Keys of a mirror and of its shards under which a lock lies, be its holder alive or dead. Left out where it
   * cannot tell: no shards can be locked by it then.
   */
  listKeys?(mirror: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** Times of one lock. Only spans are compared, never the clocks of two machines. */
export interface LockTiming {
  /** Between two signs of life. */
  readonly renewMilliseconds: number;
  /** A holder that could not give a sign for this long stops. Less than `staleMilliseconds`. */
  readonly deadlineMilliseconds: number;
  /** Another takes over a lock that it saw without a sign of life for this long. */
  readonly staleMilliseconds: number;
}

/** What a locker is made of, whatever it keeps its locks in. */
export interface LockerOptions {
  /** Name of this machine; in a pod the pod's. */
  readonly host: string;
  readonly clock: Clock;
  /** Milliseconds from some beginning, which go on while the machine sleeps and know no set clock. */
  readonly elapsed: () => number;
  readonly timing: LockTiming;
  /** Told where a holder has to be watched before anything is known of it. */
  readonly onWait?: (message: string) => void;
}

/** Leaves a holder a third of the time to end what it runs, and six signs of life before it is given up. */
export function buildLockTiming(staleMilliseconds: number): LockTiming {
  return {
    staleMilliseconds,
    deadlineMilliseconds: Math.floor((staleMilliseconds * 2) / 3),
    renewMilliseconds: Math.floor(staleMilliseconds / 6),
  };
}

/** How `<mirror>/<shard>` is written where only lower-case letters, digits and dashes may stand. */
export function formatLockName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}
