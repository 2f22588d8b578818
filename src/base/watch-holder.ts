import { type Clock, sleepOrAbort } from './clock.ts';
import { ToolError } from './tool-error.ts';

/** More than any holder of ours asks for; what a lock says of itself may be anything. */
const LONGEST_WATCH = 600_000;

/** The time for which a holder is watched that asks for this much. */
export function boundWatch(milliseconds: number): number {
  return Math.min(milliseconds, LONGEST_WATCH);
}

export interface HolderWatch {
  /** Of the lock, in the middle of a sentence. */
  readonly name: string;
  readonly milliseconds: number;
  /** How often it is looked at in this time. */
  readonly looks: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Watches a holder that fell silent. `look` throws where it gave a sign of life, which refuses at once, and says
 * whether the lock is free by now; silence over all of the time is death. Throws `APPLY_INTERRUPTED` where the signal aborts.
 */
export async function watchHolder(
  { name, milliseconds, looks, clock, signal }: HolderWatch,
  look: () => Promise<boolean>,
): Promise<void> {
  for (let count = 0; count < looks; count += 1) {
    await sleepOrAbort(clock, milliseconds / looks, signal);
    if (signal.aborted) throw interruptedBefore(name);
    if (await look()) return;
  }
}

/** For whoever is told to stop before a lock was taken. */
export function interruptedBefore(name: string): ToolError {
  return new ToolError(
    'APPLY_INTERRUPTED',
    `Interrupted before ${name} was taken. Nothing was written to a registry.`,
  );
}
