import type { Digest } from '../base/digest.ts';
import type { CatalogPin } from '../manifest/types.ts';
import type { ExitCode } from './sum-outcomes.ts';
import type { IndexCheckName, VerifiedCheck } from './verified-check.ts';

/** `olmirror index verify --format json`. */
export interface IndexVerification {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'IndexVerification';
  readonly source: string;
  readonly catalog: string;
  /** Full id of the commit that it was held against. */
  readonly revision: string;
  readonly digest: Digest;
  readonly imageId: Digest;
  readonly checks: readonly VerifiedCheck[];
  readonly exitCode: ExitCode;
}

export type RehearsalCheckName =
  | Exclude<IndexCheckName, 'closure' | 'pin'>
  | 'layout'
  | 'start'
  | 'packages'
  | 'heads'
  | 'bundles';

export type RehearsalCheck = VerifiedCheck<RehearsalCheckName>;

/** `olmirror index rehearse --format json`. */
export interface IndexRehearsal {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'IndexRehearsal';
  readonly catalog: string;
  /** Full id of the commit; `working-tree` for the files as they lie. */
  readonly revision: string;
  readonly digest: Digest;
  readonly imageId: Digest;
  /** That served it; null where there was none. */
  readonly opm: string | null;
  readonly checks: readonly RehearsalCheck[];
  readonly exitCode: ExitCode;
}

/** 1 where something is unknown, 4 where something is not as it should be (design §9). */
export function exitCodeOfChecks(checks: readonly VerifiedCheck<string>[]): ExitCode {
  if (checks.some(({ state }) => state === 'unknown')) return 1;
  return checks.some(({ state }) => state === 'failed') ? 4 : 0;
}

/** What a tag of an index repository holds. */
export interface ListedIndex {
  readonly tag: string;
  /**
   * `olmirror`: built by olmirror; `other`: an index that it did not build; `misnamed`: the tag is named
   * after another image id than it holds; `unknown`: it could not be read.
   */
  readonly origin: 'olmirror' | 'other' | 'misnamed' | 'unknown';
  /** The served tag points at this very manifest. */
  readonly served: boolean;
  /** The manifest's pin names it, and has not ended. */
  readonly pinned: boolean;
  readonly digest: Digest | null;
  readonly imageId: Digest | null;
  /** Commit and its time, from the manifest's annotations; null where there are none. */
  readonly revision: string | null;
  readonly created: string | null;
  /** First line of the commit's message, where this repository has the commit. */
  readonly subject: string | null;
  /** Why it could not be read, or what is odd about it; null for nothing. */
  readonly message: string | null;
}

export interface CatalogIndexes {
  readonly catalog: string;
  readonly host: string;
  readonly repository: string;
  /** The tag that clusters use: a never-moving one where production lets no tag move. */
  readonly servedTag: string;
  /** What the served tag points at. */
  readonly served:
    | { readonly state: 'present'; readonly digest: Digest }
    | { readonly state: 'absent' }
    | { readonly state: 'unknown'; readonly message: string };
  readonly pin: CatalogPin | null;
  /** The pin no longer counts. */
  readonly pinEnded: boolean;
  /** Newest first; those without a time come last. */
  readonly indexes: readonly ListedIndex[];
  /** Tags of the repository that name no earlier index of this catalog. */
  readonly otherTags: readonly string[];
  /** Why the tags could not be listed; null where they were. */
  readonly fault: string | null;
}

/** `olmirror index list --format json`. */
export interface IndexList {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'IndexList';
  readonly catalogs: readonly CatalogIndexes[];
}
