import type { ListedStanding } from '../images/judge-listed.ts';
import type { ListedMissing } from '../manifest/types.ts';
import type { ExitCode } from './sum-outcomes.ts';

/** `olmirror known-missing --format json`. */
export interface KnownMissingReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'KnownMissing';
  /** Production's host. */
  readonly host: string;
  /** Full id of the commit; `working-tree` for the files as they lie. */
  readonly revision: string;
  /** By catalog, as they stand in the files. */
  readonly items: readonly KnownMissingItem[];
  readonly requests: number;
  /** Null where nobody asked for it. */
  readonly pruned: readonly PrunedList[] | null;
  readonly exitCode: ExitCode;
}

export interface KnownMissingItem extends ListedMissing {
  readonly isPattern: boolean;
  readonly standing: ListedStanding;
  /** How many images that Git names it counts for. */
  readonly images: number;
  /** Those of them that production has. */
  readonly there: readonly string[];
  /** What could not be told; null for nothing. */
  readonly message: string | null;
}

/** What `--prune` took out of one list. */
export interface PrunedList {
  readonly file: string;
  readonly images: readonly string[];
}
