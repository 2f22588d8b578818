import type { ErrorCode } from '../base/error-codes.ts';
import type { Problem } from '../base/problem.ts';
import type { ReleasePath } from '../images/release-path.ts';
import type { ReleaseInUse } from '../images/releases-in-use.ts';
import type { ReleaseEntry } from '../manifest/types.ts';

/**
 * `verified`: by a key of the state repository. `kept`: there is one that names the payload, and no key to verify it by. `missing`:
 * there is none. `refused`: keys are given, and no signature holds by them. `unknown`: the payload is not, or gpg is missing.
 */
export type SignatureState = 'verified' | 'kept' | 'missing' | 'refused' | 'unknown';

/** What is known of the signatures of one payload. */
export interface SignatureFinding {
  readonly release: ReleaseEntry;
  readonly state: SignatureState;
  /** Signatures in Git that name the payload. */
  readonly count: number;
  /** Why it is refused or unknown; null where nothing is to be said. */
  readonly message: string | null;
  readonly hint: string | null;
}

/** Whether, and how, one cluster gets to one release. */
export interface PathFinding extends ReleasePath {
  readonly release: ReleaseEntry;
  readonly cluster: string;
  /** Day on which the cluster was seen; null where that is not written down. */
  readonly seen: string | null;
  /** Version that the cluster runs or is on the way to. */
  readonly from: string;
  /** That the cluster follows; null for none. */
  readonly channel: string | null;
}

/** Why the payload of a release is not copied. */
export interface ReleaseRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What is known of releases beyond the images that they need. */
export interface ReleaseFacts {
  readonly signatures: readonly SignatureFinding[];
  readonly paths: readonly PathFinding[];
  /** Run by clusters, and not listed in the manifest. */
  readonly unlisted: readonly ReleaseInUse[];
  /** By the item of a release as images have it. */
  readonly refusals: ReadonlyMap<string, ReleaseRefusal>;
  /** Files below `releases/` that do not count. */
  readonly problems: readonly Problem[];
}
