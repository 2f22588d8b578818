import type { Digest } from '../base/digest.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { WantedKind } from '../images/types.ts';
import type { RoleName } from '../manifest/types.ts';
import type { Outcome } from './types.ts';

/** `index`: an index image of ours; `base`: what an index image is built on or by. */
export type ExplainedKind = WantedKind | 'index' | 'base';

/** One thing of Git that names an image. */
export interface ExplainedNeed {
  readonly catalog: string | null;
  readonly package: string | null;
  /** Bundle name, `release 4.20.3-x86_64`, `images` of the manifest, or what else it is. */
  readonly item: string;
  /** Channels that have the bundle as an entry. */
  readonly channels: readonly { readonly name: string; readonly isHead: boolean }[];
}

/** The commit that first brought the image into Git. */
export interface ExplainedSince {
  readonly commit: {
    readonly revision: string;
    /** ISO 8601. */
    readonly time: string;
    readonly subject: string;
  } | null;
  /** Why it is not known, or may be older; a sentence part. */
  readonly message: string | null;
}

/** Where a registry has it, or would have it. */
export interface ExplainedPlace {
  readonly role: RoleName;
  readonly host: string;
  readonly repository: string;
  /** What was asked for there: digest or tag. */
  readonly reference: string;
  readonly state: 'present' | 'absent' | 'unknown';
  readonly digest: Digest | null;
  /** Tags of the repository that point at it. */
  readonly tags: readonly string[];
  /** Every tag of the repository was asked. */
  readonly tagsComplete: boolean;
  /** Why something is unknown. */
  readonly message: string | null;
}

/** Which other images have layers, or a config, in common with it. */
export interface ExplainedSharing {
  readonly state: 'known' | 'unknown' | 'skipped';
  /** Its own layers and configs, all platforms. */
  readonly blobs: number;
  readonly bytes: number;
  /** Other images that were looked into. */
  readonly compared: number;
  /** Most bytes first. */
  readonly images: readonly {
    readonly upstream: string;
    readonly blobs: number;
    readonly bytes: number;
  }[];
  readonly message: string | null;
}

/** What one pass did with it, one step. */
export interface ExplainedStep {
  /** When the pass began, and its process. */
  readonly pass: string;
  /** ISO 8601. */
  readonly time: string;
  readonly revision: string | null;
  readonly step: string;
  /** Null where the step was begun and its end was not written down. */
  readonly result: Outcome['kind'] | null;
  readonly code: ErrorCode | null;
  readonly message: string | null;
}

export interface ExplainedImage {
  /** As Git names it. */
  readonly upstream: string;
  readonly kind: ExplainedKind;
  readonly neededBy: readonly ExplainedNeed[];
  readonly since: ExplainedSince;
  readonly places: readonly ExplainedPlace[];
  readonly sharing: ExplainedSharing;
  /** Newest first, the last few. */
  readonly steps: readonly ExplainedStep[];
}

/** `olmirror explain --format json`. */
export interface Explanation {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Explanation';
  /** As the user wrote it. */
  readonly asked: string;
  readonly revision: string;
  readonly images: readonly ExplainedImage[];
}
