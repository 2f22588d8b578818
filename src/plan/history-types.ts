import type { Digest } from '../base/digest.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Disposition } from '../base/tool-error.ts';
import type { PassReport } from './report-types.ts';

/** Why a pass ran. `request`: somebody asked for it now; `webhook`: a forge told of a push; `window`: one has opened. */
export type PassReason =
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
