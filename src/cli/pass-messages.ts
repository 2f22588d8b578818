import type { PassEvent } from '../base/events.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import type { RemoteAccess } from '../git/port.ts';
import type { PassMemory } from '../reconcile/pass-memory.ts';
import type { PassTask, RanPass } from '../reconcile/pass-runner.ts';
import type { ApplierOptions } from './applier-options.ts';

/** Where passes of one loop find what they need. */
export interface PassPlace {
  /** Of the manifest. */
  readonly folder: string;
  readonly manifestFile: string;
  /** Of the manifest within its repository; null where its folder tells. */
  readonly manifestPath: string | null;
  readonly stateFolder: string;
  /** Clone that several loops share; null for one of its own. */
  readonly top: string | null;
}

/** Everything that passes of one loop have in common. */
export interface PassSetup extends ApplierOptions, PassPlace {
  /** URL of a remote, or null for the local clone. */
  readonly remote: string | null;
  readonly ref: string;
  readonly access: RemoteAccess;
  readonly allowShrink: boolean;
  /** Null for `spec.reconcile.interval`. */
  readonly intervalMilliseconds: number | null;
  readonly concurrency: number;
}

/**
 * What the process of passes is told. `last` is a pass that ran before, where the next one is not there yet. `stop` ends a
 * pass as a signal ends `apply`.
 */
export type PassRequest =
  | {
      readonly kind: 'start';
      readonly setup: PassSetup;
      readonly memory: PassMemory;
      readonly last: PassTask | null;
    }
  | { readonly kind: 'run'; readonly task: PassTask }
  | { readonly kind: 'stop' };

/** Answers of registries: host, status (null for none), how often. */
export type AnswerCounts = readonly (readonly [string, number | null, number])[];

/** What it tells. */
export type PassReply =
  | { readonly kind: 'event'; readonly event: PassEvent }
  | { readonly kind: 'answers'; readonly answers: AnswerCounts }
  | { readonly kind: 'ran'; readonly ran: SentPass; readonly memory: PassMemory };

export interface SentPass extends Omit<RanPass, 'error'> {
  readonly error: SentError | null;
}

/** An error as plain data. */
export type SentError =
  | ({ readonly kind: 'tool'; readonly cause: string | null } & Pick<
      ToolError,
      'code' | 'message' | 'hint' | 'disposition' | 'side' | 'retryAfterSeconds'
    >)
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string | undefined };

export function packPass({ error, ...rest }: RanPass): SentPass {
  return { ...rest, error: error === null ? null : packError(error) };
}

export function unpackPass({ error, ...rest }: SentPass): RanPass {
  return { ...rest, error: error === null ? null : unpackError(error) };
}

function packError(error: unknown): SentError {
  if (!isToolError(error)) {
    const stack = error instanceof Error ? error.stack : undefined;
    return { kind: 'bug', message: messageOf(error), stack };
  }
  const { code, message, hint, disposition, side, retryAfterSeconds } = error;
  const cause = error.cause === undefined ? null : messageOf(error.cause);
  return { kind: 'tool', code, message, hint, disposition, side, retryAfterSeconds, cause };
}

function unpackError(sent: SentError): Error {
  if (sent.kind === 'bug') {
    const error = new Error(sent.message);
    if (sent.stack !== undefined) error.stack = sent.stack;
    return error;
  }
  const { code, message, hint, disposition, side, retryAfterSeconds, cause } = sent;
  return new ToolError(code, message, {
    disposition,
    ...(hint === undefined ? {} : { hint }),
    ...(side === undefined ? {} : { side }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(cause === null ? {} : { cause: new Error(cause) }),
  });
}
