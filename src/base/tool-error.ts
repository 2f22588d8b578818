import type { ErrorCode } from './error-codes.ts';
import { redactSecrets } from './redact.ts';

/**
 * What the loop does after a failure: `stall` (bad input: wait for a new commit), `wait` (come
 * back at a time the other side named), `retry` (back off, with jitter).
 */
export type Disposition = 'stall' | 'wait' | 'retry';

export interface ToolErrorOptions {
  /** The next action: an exact command or field. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Default `stall`. */
  readonly disposition?: Disposition;
  /** Which end of a copy failed. */
  readonly side?: 'source' | 'destination';
  /** For `wait`: seconds until the other side wants to be asked again. */
  readonly retryAfterSeconds?: number;
}

/**
 * A failure that a person or the outside can cause. The message is a full sentence that says what
 * happened to which thing and why; the hint says what to do next. Secrets are removed from both
 * when the error is made. A fault of our own is a plain `Error`, never this.
 */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly disposition: Disposition;
  readonly side: 'source' | 'destination' | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ToolErrorOptions = {}) {
    super(
      redactSecrets(message),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.hint = options.hint === undefined ? undefined : redactSecrets(options.hint);
    this.disposition = options.disposition ?? 'stall';
    this.side = options.side;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The same failure told in other words, with the one before as its cause; `changes` replace what it says otherwise. */
export function rephrase(
  error: ToolError,
  message: string,
  changes: Pick<ToolErrorOptions, 'cause' | 'side'> = {},
): ToolError {
  const { code, hint, disposition, side, retryAfterSeconds } = error;
  return new ToolError(code, message, {
    cause: error,
    disposition,
    ...(hint === undefined ? {} : { hint }),
    ...(side === undefined ? {} : { side }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...changes,
  });
}

/** Tells a `ToolError` with this code (or any, without one) from everything else. */
export function isToolError(error: unknown, code?: ErrorCode): error is ToolError {
  return error instanceof ToolError && (code === undefined || error.code === code);
}

/** Throws for a state that cannot be; reaching it is a bug of ours. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
