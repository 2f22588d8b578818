import type { Digest } from '../base/digest.ts';
import type { Check, PackagePlan, Plan } from './types.ts';
import type { ClusterUpgrade } from './upgrade-types.ts';

export type { ClusterUpgrade } from './upgrade-types.ts';

export interface ReviewedCommit {
  /** Full commit id; `working-tree` for the files as they lie. */
  readonly revision: string;
  readonly subject: string;
  /** ISO 8601; null for the working tree. */
  readonly time: string | null;
}

/** One catalog at both commits. */
export interface CatalogReview {
  readonly catalog: string;
  readonly change: 'added' | 'changed' | 'removed' | 'same';
  /** `repository:tag` in the serving registry, as the later commit that has the catalog says. */
  readonly target: string;
  /**
   * Hash of the names and object ids of its files: equal ones are equal content, and no file is read for it. Null
   * where the commit has no such catalog, or it cannot be read.
   */
  readonly before: Digest | null;
  readonly after: Digest | null;
  /** Null where one side cannot be read: a check says why. */
  readonly packages: readonly PackagePlan[] | null;
}

/** `schemas/review.schema.json`: what changes between two commits. */
export interface Review {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Review';
  readonly mirror: string;
  readonly from: ReviewedCommit;
  readonly to: ReviewedCommit;
  /** Every catalog that one of the commits has. */
  readonly catalogs: readonly CatalogReview[];
  /** Settings of the manifest that differ, one sentence each: `spec.policy.missing: block → hold`. */
  readonly settings: readonly string[];
  readonly images: {
    /**
     * Upstream references that only the later commit wants, as far as what changed tells: packages that are the same
     * in both are not read, and may name one too.
     */
    readonly added: readonly string[];
    readonly removed: readonly string[];
  };
  /** Null where nobody knows: without in-use.yaml, or where it cannot be read. */
  readonly upgrades: readonly ClusterUpgrade[] | null;
  /** Of the comparison alone; those of the plan stand there. */
  readonly checks: readonly Check[];
  /** Wanted at `to` against the registries as they are; null offline. */
  readonly plan: Plan | null;
}
