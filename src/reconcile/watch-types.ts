import type { Clock } from '../base/clock.ts';
import type { PassEvent } from '../base/events.ts';
import type { ToolError } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';
import type { PassReason, PassRecord } from '../plan/history-types.ts';
import type { PassRunner } from './pass-runner.ts';
import type { PassView } from './pass-view.ts';

/** What became of looking for a commit. */
export type SourceEvent =
  | { readonly kind: 'source-failed'; readonly error: ToolError }
  | { readonly kind: 'source-healed'; readonly revision: string }
  | { readonly kind: 'source-rewritten'; readonly from: string; readonly to: string };

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
      /** What was planned; null where it failed before. */
      readonly view: PassView | null;
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
  | SourceEvent
  | { readonly kind: 'stopped' };

/** Something that hears of everything that happens: the log, metrics, notifications, the kept status. */
export interface WatchSink {
  readonly onWatch: (event: WatchEvent) => void;
  /** What happens within a pass. */
  readonly onPass: (event: PassEvent) => void;
  /** Ends what is under way, within a few seconds. Nothing is told to it afterwards. */
  close(): Promise<void>;
}

/** One sink for several, told in their order. */
export function joinSinks(sinks: readonly WatchSink[]): WatchSink {
  return {
    onWatch: (event) => sinks.forEach((sink) => sink.onWatch(event)),
    onPass: (event) => sinks.forEach((sink) => sink.onPass(event)),
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
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

/** Who asks a running loop for a pass. */
export interface WatchControl {
  /** Requests for a pass that are there when it begins. */
  takeRequests(): Promise<readonly string[]>;
  /** Tells those who asked how it ended. */
  answer(requests: readonly string[], record: PassRecord): Promise<void>;
}

export interface WatchDeps {
  readonly git: Pick<GitPort, 'openCommit'>;
  readonly runner: PassRunner;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Whom the loop answers; left out where there is nobody. */
  readonly control?: WatchControl;
  /** Hears of everything that happens. */
  readonly sink: WatchSink;
  readonly triggers: readonly Trigger[];
  /** Commit to look at now: HEAD of a local clone, or what a remote branch points at after a fetch. */
  readonly readRevision: () => Promise<string>;
  /** Why the commit of `readRevision` may not be the newest; left out, or null, where nothing is in the way. */
  readonly readTrouble?: () => ToolError | null;
}

export interface WatchOptions {
  /** Overrides `spec.reconcile.interval`; null for the manifest's. */
  readonly intervalMilliseconds: number | null;
}
