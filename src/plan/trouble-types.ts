import type { NotifierEntry } from '../manifest/types.ts';

export type Severity = NotifierEntry['severity'];

/** Something that a person should know, as long as it lasts. */
export interface Trouble {
  /** The same for the same trouble in every pass: what it is, of which catalog, with which code. */
  readonly key: string;
  readonly severity: Severity;
  /** Kind of check, error code or kind of hold. */
  readonly code: string;
  readonly catalog: string | null;
  readonly message: string;
  /** What to do. */
  readonly hint: string | null;
  /** It may pass by itself, so it is told only when the next pass meets it again. */
  readonly passing: boolean;
}

/** A trouble as it is remembered. */
export interface KeptTrouble extends Trouble {
  /** ISO 8601, as are the others. */
  readonly since: string;
  /** Passes in a row that met it. */
  readonly passes: number;
  /** Null while it lasts. */
  readonly healed: string | null;
  /** Notifier → when it was last told that this lasts. */
  readonly told: Readonly<Record<string, string>>;
}

/** What is remembered between passes and restarts, so that nobody is told twice. */
export interface TroubleBook {
  readonly version: 1;
  readonly troubles: readonly KeptTrouble[];
  /** Of the last manifest that could be read: a pass that cannot read it must tell somebody too. */
  readonly notifiers: readonly NotifierEntry[];
  readonly mirror: string | null;
  readonly intervalMilliseconds: number;
}

/** A message about one trouble. `reminder`: told before, and it lasts. */
export interface Notice {
  readonly status: 'firing' | 'reminder' | 'resolved';
  readonly trouble: KeptTrouble;
}
