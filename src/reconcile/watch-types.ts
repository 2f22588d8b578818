import type { PassEvent } from '../base/events.ts';
import type { GitPort } from '../git/port.ts';
import type { PassReason, PassRecord } from '../plan/history-types.ts';
import type { PassOptions } from './pass-options.ts';
import type { PassPreparer, PreparedPass } from './prepare-pass.ts';
import type { RunDeps } from './run-pass.ts';

/** What the loop tells while it runs. Every pass that started also ends, whatever happened in it. */
export type WatchEvent =
  | {
      readonly kind: 'pass-started';
      /** Id of the pass. */
      readonly pass: string;
      readonly reason: PassReason;
      readonly revision: string;
      readonly subject: string;
    }
  | {
      readonly kind: 'pass-ended';
      readonly record: PassRecord;
      /** What was seen and planned; null where it failed before. */
      readonly prepared: PreparedPass | null;
      /** What was thrown, as it was; null for nothing. */
      readonly error: unknown;
    }
  | {
      readonly kind: 'sleeping';
      readonly milliseconds: number;
      /** When the next pass runs at the latest. */
      readonly until: Date;
      readonly why: string;
    }
  | { readonly kind: 'stopped' };

/** Something that hears of everything that happens: the log, metrics, notifications, the kept status. */
export interface WatchSink {
  readonly onWatch: (event: WatchEvent) => void;
  /** What happens within a pass. */
  readonly onPass: (event: PassEvent) => void;
  /** Ends what is under way, within a few seconds. Nothing is told to it afterwards. */
  close(): Promise<void>;
}

/** A reason to run a pass before its time. */
export interface Wake {
  /** `commit` and `webhook`: a branch may have moved: a pass runs only if another commit is there. Others always run one. */
  readonly reason: Extract<PassReason, 'commit' | 'request' | 'webhook' | 'window'>;
}

/** Where wakes come from: files of the clone, a webhook, a person's `reconcile --now`. */
export interface Trigger {
  /** Begins to listen. The returned function stops it. */
  start(ring: (wake: Wake) => void): Promise<() => Promise<void>>;
}

export interface WatchDeps extends Omit<RunDeps, 'emit'> {
  readonly git: GitPort;
  readonly prepare: PassPreparer;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly sinks: readonly WatchSink[];
  readonly triggers: readonly Trigger[];
  /** Commit to look at now: HEAD of a local clone, or what a remote branch points at after a fetch. */
  readonly readRevision: () => Promise<string>;
}

export interface WatchOptions extends PassOptions {
  /** Overrides `spec.reconcile.interval`; null for the manifest's. */
  readonly intervalMilliseconds: number | null;
}
