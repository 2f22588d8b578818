import type { Clock } from '../base/clock.ts';
import type { JournalEntry } from './journal.ts';
import type { ApplyRequest, Copier } from './port.ts';

export interface RetrySettings {
  /** Tries in all. */
  readonly attempts: number;
  /** Before the second try; doubled each time, with jitter. */
  readonly delayMilliseconds: number;
  readonly longestDelayMilliseconds: number;
  /** A registry that asks for a longer wait than this is given up for this pass. */
  readonly longestWaitMilliseconds: number;
}

/** What every step of one pass works with. */
export interface PassContext {
  readonly request: ApplyRequest;
  readonly copier: Copier;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly retry: RetrySettings;
  readonly stateFolder: string;
  /** Aborts when nothing new may start. */
  readonly stop: AbortSignal;
  /** Aborts when what runs must end too. */
  readonly kill: AbortSignal;
  readonly record: (entry: JournalEntry) => Promise<void>;
}
