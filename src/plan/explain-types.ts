import type { Digest } from '../base/digest.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { WantedKind } from '../images/types.ts';
import type { RoleName } from '../manifest/types.ts';
import type { Outcome } from './types.ts';

/** `index`: an index image of a catalog; `base`: what an index image is built on or by. */
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

/** A commit that brought the image into Git, or took it out. */
export interface ExplainedChange {
  /** Null where it is not known, or not committed. */
  readonly commit: {
    readonly revision: string;
    /** ISO 8601. */
    readonly time: string;
    readonly subject: string;
  } | null;
  /** Why it is not known, or what is to be said of it; a sentence part, null for nothing. */
  readonly message: string | null;
}

/** One platform of an image that has several. */
export interface ExplainedPlatform {
  readonly digest: Digest;
  /** `os/arch[/variant]`; null where the index does not say. */
  readonly platform: string | null;
  readonly state: 'present' | 'absent' | 'unknown';
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
  /** None for an image of one platform. */
  readonly platforms: readonly ExplainedPlatform[];
  /** Why something is unknown. */
  readonly message: string | null;
}

/** Which other wanted images have layers, or a config, in common with it in production. */
export interface ExplainedSharing {
  /** `skipped`: not asked for, or an index image. */
  readonly state: 'known' | 'unknown' | 'skipped';
  /** Its own layers and configs, all platforms. */
  readonly blobs: number;
  readonly bytes: number;
  /** Other images whose manifests were read. */
  readonly compared: number;
  /** Other images that production lacks. */
  readonly absent: number;
  /** Other images whose manifests production did not give. */
  readonly unread: number;
  /** Other images that the bound on requests left out. */
  readonly left: number;
  /** Images that share something. */
  readonly sharing: number;
  /** Most bytes first, the first of them. */
  readonly images: readonly {
    readonly upstream: string;
    readonly blobs: number;
    readonly bytes: number;
  }[];
  /** Why it is unknown. */
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

/** When `watch` last asked production for it and found it in step. */
export interface ExplainedProof {
  /** ISO 8601. */
  readonly seen: string;
  /** The same of its blobs; null for never. */
  readonly deep: string | null;
}

export interface ExplainedImage {
  /** As Git names it; for what Git does not name, as its registry does. */
  readonly upstream: string;
  readonly kind: ExplainedKind;
  /** The image that a signature or another attached thing belongs to. */
  readonly attachedTo: string | null;
  /** Of an image that is wanted no more: what needed it last. */
  readonly neededBy: readonly ExplainedNeed[];
  readonly since: ExplainedChange;
  /** What took it out; null while it is wanted. */
  readonly until: ExplainedChange | null;
  /** Files of the commit that name it. */
  readonly files: readonly string[];
  /** Production first. */
  readonly places: readonly ExplainedPlace[];
  readonly sharing: ExplainedSharing;
  /** Null where nothing of this machine vouches for it. */
  readonly proof: ExplainedProof | null;
  /** Newest first, the last few. */
  readonly steps: readonly ExplainedStep[];
  /** Sentences about what is not said elsewhere. */
  readonly remarks: readonly string[];
}

/** `olmirror explain --format json`. */
export interface Explanation {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Explanation';
  /** As the user wrote it. */
  readonly asked: string;
  /** Full commit id; `working-tree` for the files as they lie. */
  readonly revision: string;
  readonly images: readonly ExplainedImage[];
  /** Upstream names of further images that this means, not looked at. */
  readonly others: readonly string[];
  /** Requests that were sent. */
  readonly requests: number;
}
