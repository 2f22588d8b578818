import type { Digest } from '../base/digest.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Disposition } from '../base/tool-error.ts';
import type { ProofSummary } from './proof-types.ts';
import type { PassReport } from './report-types.ts';
import type { Sums } from './types.ts';

/**
 * Why a pass ran. `apply`: the command; `request`: somebody asked the reconciler for it; `webhook`: a forge told of a
 * push; `window`: one has opened, or a suspension ended.
 */
export type PassReason =
  | 'apply'
  | 'start'
  | 'commit'
  | 'interval'
  | 'retry'
  | 'request'
  | 'webhook'
  | 'window';

/** Why steps of a plan wait, though nothing is wrong with them. */
export interface Hold {
  readonly kind: 'suspended' | 'dry-run' | 'copy-window' | 'publish-window' | 'approval';
  /** A sentence for people: who, why. */
  readonly message: string;
  /** When it ends by itself, ISO 8601; null where somebody must do something. */
  readonly until: string | null;
}

/** A failure as data. */
export interface PassFailure {
  /** `BUG` for a fault of our own. */
  readonly code: ErrorCode | 'BUG';
  readonly message: string;
  readonly hint: string | null;
  readonly disposition: Disposition;
}

/** What a catalog was like at the end of a pass. */
export interface CatalogState {
  readonly catalog: string;
  /** Images that Git wants for it, and those of them that production has. */
  readonly wanted: number;
  readonly present: number;
  /** Image id of the index that Git's catalog has, and of the one that is served; null where it is not known. */
  readonly gitId: Digest | null;
  readonly servedId: Digest | null;
  /** What is served is what Git wants, taken in or built. */
  readonly inSync: boolean;
}

/** One pass of the reconciler, as it is kept. */
export interface PassRecord {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Pass';
  /** `<UTC time>-<4 hex>`, sortable; stands in every line of the log, event and metric exemplar of the pass. */
  readonly id: string;
  readonly mirror: string | null;
  readonly reason: PassReason;
  /** Full commit id; null where none could be read. */
  readonly revision: string | null;
  /** First line of its message. */
  readonly subject: string | null;
  /** ISO 8601. */
  readonly started: string;
  readonly finished: string;
  /**
   * `done`: in step with Git, or all that may happen now did; `refused`: something stays as it is until
   * a person does something; `failed`: an error; `interrupted`: told to stop in the middle.
   */
  readonly result: 'done' | 'refused' | 'failed' | 'interrupted';
  /** Production differed although no commit changed it. */
  readonly drift: boolean;
  readonly holds: readonly Hold[];
  readonly failure: PassFailure | null;
  /** Null where it failed before there was a plan. */
  readonly report: PassReport | null;
  readonly catalogs: readonly CatalogState[];
}

/** One statement about the reconciler (design §10); `Reconciling` and `Stalled` are there only while they are true. */
export interface Condition {
  readonly type: 'Ready' | 'Reconciling' | 'Stalled';
  readonly status: 'True' | 'False' | 'Unknown';
  /** One CamelCase word for programs. */
  readonly reason: string;
  readonly message: string;
  /** When `status` last changed, ISO 8601. */
  readonly since: string;
}

/** What a list of passes says of one, or of several that were alike. */
export interface PassSummary {
  readonly id: string;
  /** Id of the last that was alike; `id` for one alone. */
  readonly lastId: string;
  /** Passes in a row that were alike: same commit, same end, nothing changed. */
  readonly count: number;
  readonly reason: PassReason;
  readonly revision: string | null;
  readonly subject: string | null;
  /** Of the first. */
  readonly started: string;
  /** Of the last. */
  readonly finished: string;
  readonly result: PassRecord['result'];
  readonly drift: boolean;
  readonly holds: readonly Hold['kind'][];
  /** What went wrong, in a sentence; null for nothing. */
  readonly message: string | null;
  readonly sums: Sums | null;
  readonly steps: PassReport['steps'] | null;
  readonly bytes: number;
}

/** What `history` prints: the newest first. */
export interface History {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'History';
  readonly passes: readonly PassSummary[];
}

export interface CatalogProgress extends CatalogState {
  /** Since when something of it has been waiting, ISO 8601; null where nothing waits. */
  readonly oldestPending: string | null;
}

/** What the reconciler says of itself; kept in the state folder, so that it outlives a restart. */
export interface ReconcilerStatus {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Reconciler';
  readonly mirror: string | null;
  readonly process: {
    readonly host: string;
    readonly pid: number;
    /** ISO 8601. */
    readonly started: string;
    /** When it ended as it was told to; null while it runs, or where it was killed. */
    readonly stopped: string | null;
  };
  /** `Ready` first. */
  readonly conditions: readonly Condition[];
  readonly sync: 'Synced' | 'OutOfSync' | 'Unknown';
  /** Commit of the last pass that began, and of the last that brought production there. */
  readonly attemptedRevision: string | null;
  readonly appliedRevision: string | null;
  readonly catalogs: readonly CatalogProgress[];
  readonly holds: readonly Hold[];
  /** How long ago images were seen in production; null before a pass that asked in turn. */
  readonly proofs: Pick<ProofSummary, 'oldest' | 'ageSeconds' | 'overdue'> | null;
  readonly lastPass: PassSummary | null;
  /** Null while a pass runs, and after the end. */
  readonly nextPass: { readonly time: string; readonly why: string } | null;
}

/** What is known of a reconciler from beside it. */
export interface ReconcilerState extends ReconcilerStatus {
  /** `gone`: it ended without saying so; `elsewhere`: on another host, which cannot be asked. */
  readonly life: 'running' | 'stopped' | 'gone' | 'elsewhere';
}
