import type { Clock } from '../base/clock.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';

/** Keeps a dead or ailing registry from being waited for once per image. */
export interface Breaker {
  /** Throws the last failure while the registry counts as dead. */
  assertAlive(): void;
  /** Whether a request is worth more than one attempt now. */
  isWorthRetrying(): boolean;
  noteAnswer(isTrouble: boolean): void;
  noteFailure(error: unknown): void;
}

// As many as may be under way at once before one of them can know about another.
const STREAK = 8;
const DEAD_MILLISECONDS = 60_000;

/**
 * After so many requests in a row without any answer, none is sent for a minute: each of 2,000
 * images would wait for its own time-out otherwise. After as many troubled answers (5xx, 429) in a
 * row requests go on, but each is tried once only, since some registries fail for single images.
 */
export function createBreaker(clock: Clock): Breaker {
  let silent = 0;
  let troubled = 0;
  let last: { readonly error: ToolError; readonly at: number } | null = null;
  return {
    assertAlive() {
      if (last === null || silent < STREAK) return;
      if (clock.now().getTime() - last.at < DEAD_MILLISECONDS) throw last.error;
    },
    isWorthRetrying: () => troubled < STREAK,
    noteAnswer(isTrouble) {
      silent = 0;
      troubled = isTrouble ? troubled + 1 : 0;
    },
    noteFailure(error) {
      if (!isToolError(error)) return;
      silent += 1;
      last = { error, at: clock.now().getTime() };
    },
  };
}
