import type { Digest } from './digest.ts';
import type { ErrorCode } from './error-codes.ts';
import type { ToolError } from './tool-error.ts';

export interface UnknownPresence {
  readonly state: 'unknown';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly retryAfterSeconds: number | null;
}

/**
 * What one question to a registry found. Only a clear 404 is `absent`; everything that is not a
 * clear answer is `unknown` (promise 6).
 */
export type Presence =
  | {
      readonly state: 'present';
      readonly digest: Digest;
      readonly mediaType: string;
      readonly size: number | null;
    }
  | { readonly state: 'absent' }
  | UnknownPresence;

/** What one question for a blob found. `size` is what the registry says of its length, in bytes; null where it says none. */
export type BlobPresence =
  | { readonly state: 'present'; readonly size: number | null }
  | { readonly state: 'absent' }
  | UnknownPresence;

/** A failure as an answer: nobody knows. */
export function unknownFrom(error: ToolError): UnknownPresence {
  return {
    state: 'unknown',
    code: error.code,
    message: error.message,
    hint: error.hint ?? null,
    retryAfterSeconds: error.retryAfterSeconds ?? null,
  };
}
