import type { Digest } from '../base/digest.ts';
import type { ReconcilerState } from './history-types.ts';
import type { RequestBudget } from './request-budget.ts';
import type { CatalogPlan, Check, Sums, Verification } from './types.ts';

/** What became of the delivery that a catalog's index in staging is. */
export type DeliveryState =
  | 'applied'
  | 'merged'
  | 'merged-not-committed'
  | 'not-merged'
  | 'none'
  | 'unknown';

export interface CatalogStatus extends CatalogPlan {
  readonly packageCount: number;
  readonly bundleCount: number;
  readonly staging: {
    readonly state: DeliveryState;
    readonly digest: Digest | null;
    /** Date of its delivery record, where there is one. */
    readonly recorded: string | null;
    /** Packages that a gap left as they were when it was merged. */
    readonly gaps: readonly string[];
    readonly message: string | null;
  };
}

/** What is in production against Git, at one moment. */
export interface StatusReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Status';
  readonly mirror: string;
  readonly revision: string;
  readonly time: string;
  readonly sync: 'Synced' | 'OutOfSync' | 'Unknown';
  readonly images: Sums;
  readonly pendingSteps: number;
  readonly catalogs: readonly CatalogStatus[];
  readonly checks: readonly Check[];
  /** What a look beyond manifests took; left out where there was none. */
  readonly verification?: Verification;
  /** What each registry with a budget has had of today's requests by now, skopeo's estimated. */
  readonly budgets?: readonly RequestBudget[];
  /** What `watch` says of itself; left out where it never ran here. */
  readonly reconciler?: ReconcilerState;
  /** What became of `HANDOVER.md`; left out where nobody asked for it. */
  readonly handover?: HandoverFile;
}

/** What became of `HANDOVER.md`. */
export interface HandoverFile {
  readonly file: string;
  /** Headings of the sections that are new or changed; none where it was left as it is. */
  readonly changed: readonly string[];
  /** Why it was not written; null where it was, or needed not be. */
  readonly withheld: string | null;
}
