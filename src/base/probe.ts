import type { UnknownPresence } from './presence.ts';

/** One read-only question to a registry, asked to learn how it answers. */
export interface ProbeQuestion {
  readonly method: 'HEAD' | 'GET';
  /** Whose rights are asked for; empty for the whole registry. */
  readonly repository: string;
  /** Begins with `/v2/`. */
  readonly path: string;
  readonly accept?: string;
}

/** One challenge of a `WWW-Authenticate` header; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface ProbeAnswered {
  readonly state: 'answered';
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Empty for HEAD. */
  readonly body: Uint8Array;
  /** Whether credentials were sent. */
  readonly loggedIn: boolean;
  /** How the registry wants to be logged in to; none where it never asked. */
  readonly challenges: readonly Challenge[];
}

/** An answer as it came, whatever its status, or why there was none. */
export type ProbeAnswer = ProbeAnswered | UnknownPresence;
