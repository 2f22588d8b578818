import type { MirrorManifest, PerRole, RoleName } from '../manifest/types.ts';
import type { UnclearAnswer } from './media-types.ts';
import type { DeliveryState } from './status-types.ts';
import type { Hindrance, ImageCounts } from './survey-types.ts';
import type { RepositoryBytes } from './types.ts';

export type Strategy = MirrorManifest['strategy'];

/**
 * Why a number is not the whole truth. `unlisted`: the registry does not list its repositories; `unanswered`: it gave no
 * clear answer to a part; `gone`: something is in neither registry; `not-merged`: what the merged index will be is not
 * known; `podman`: an index has no size before podman builds it; `history`: Git does not tell; `no-deliveries`: none was
 * taken in yet; `no-use`: nobody knows what is in use; `blocked`: nobody can plan it.
 */
export type Doubt =
  | 'unlisted'
  | 'unanswered'
  | 'gone'
  | 'not-merged'
  | 'podman'
  | 'history'
  | 'no-deliveries'
  | 'no-use'
  | 'blocked';

/** Bytes, and how far they are known: with doubts at least so many, null where nothing is known. */
export interface Amount {
  readonly bytes: number | null;
  readonly doubts: readonly Doubt[];
}

/** Room on the disk of a registry. */
export interface DiskRoom {
  /** Null where nobody knows. */
  readonly freeBytes: number | null;
  readonly from: 'storage-path' | 'given' | null;
}

/** The disk of one registry: content with a name, each blob once. */
export interface DiskForecast {
  readonly now: Amount;
  /** Once what Git and the waiting deliveries ask for is copied. */
  readonly after: Amount;
  /** Once what may be cleaned then is cleaned. */
  readonly cleaned: Amount;
  /** After so many further deliveries, cleaned as before. */
  readonly later: Amount;
  /** Whether the most that it holds on the way to `after` fits; null where nobody knows. */
  readonly fits: boolean | null;
  readonly fitsLater: boolean | null;
}

/** One thing to do. */
export interface AdviceStep {
  readonly kind:
    | 'look'
    | 'merge'
    | 'apply'
    | 'status'
    | 'staging-check'
    | 'empty-staging'
    | 'rules-staging-first'
    | 'pools'
    | 'restart'
    | 'rules-staging-only'
    | 'relocate-check'
    | 'swap'
    | 'wipe-production';
  /** Nodes are drained, or pods start anew. */
  readonly disturbs: boolean;
}

export interface StrategyAdvice {
  readonly strategy: Strategy;
  /** Why it cannot be followed today. */
  readonly blockers: readonly AdviceReason[];
  readonly copies: {
    /** Null where nobody knows. */
    readonly images: number | null;
    readonly bytes: Amount;
    /** What Git's plan moves into each repository of the serving registry. */
    readonly repositories: readonly RepositoryBytes[];
  };
  /** At each delivery from then on. */
  readonly perDelivery: Amount;
  readonly disk: PerRole<DiskForecast>;
  /** Of the copies, at the rate; null where bytes or rate are not known. */
  readonly seconds: number | null;
  readonly steps: readonly AdviceStep[];
}

/** A statement with a number in it, that words make a sentence of. */
export interface AdviceReason {
  readonly kind:
    | 'no-outage'
    | 'copies-less'
    | 'fits'
    | 'fits-later'
    | 'room-unknown'
    | 'full'
    | 'full-later'
    | 'both-full'
    | 'use-unknown'
    | 'use-partial'
    | 'use-known'
    | 'saves'
    | 'saves-nothing'
    | 'not-planned'
    | 'held-up'
    | 'goes-already'
    | 'split'
    | 'pending-first';
  /** Bytes or a count; null for none. */
  readonly number: number | null;
  /** Such as clusters or catalogs. */
  readonly names: readonly string[];
}

export interface Risk {
  readonly kind:
    | 'only-production'
    | 'only-staging'
    | 'neither'
    | 'unknown-place'
    | 'unknown-use'
    | 'stranded'
    | 'not-served'
    | 'unexplained';
  /** Whom it concerns. */
  readonly strategies: readonly Strategy[];
  readonly count: number;
  /** At most twenty. */
  readonly names: readonly string[];
}

/** What may be done with a repository. `decide`: a person does. */
export type RepositoryVerdict = 'keep' | 'clean' | 'decide' | 'unknown';

/** `index`: the indexes and the ways back; `wanted`: Git asks for images in it. */
export type RepositoryReason =
  | 'wanted'
  | 'index'
  | 'backup'
  | 'unexplained'
  | 'waiting'
  | 'only-copy'
  | 'in-use'
  | 'in-production'
  | 'becomes-production'
  | 'moves'
  | 'unused'
  | 'use-unknown'
  | 'unanswered';

export interface Judgement {
  readonly verdict: RepositoryVerdict;
  readonly reason: RepositoryReason;
  /** Images that it is about. */
  readonly images: number;
}

export interface RepositoryAdvice {
  readonly role: RoleName;
  readonly repository: string;
  /** With a name of their own: no parts of indexes, nothing attached. */
  readonly images: number;
  /** What another repository shares included; null where a part could not be read. */
  readonly bytes: number | null;
  readonly append: Judgement;
  readonly relocate: Judgement;
}

export interface SeenDelivery {
  /** Full id of the commit that took it in. */
  readonly revision: string;
  /** ISO 8601. */
  readonly time: string;
  readonly subject: string;
  /** That Git did not ask for before. */
  readonly images: number;
  readonly bytes: Amount;
}

export interface Pace {
  /** The last of them, oldest first; none where the one that waits in staging is the first. */
  readonly deliveries: readonly SeenDelivery[];
  readonly perDelivery: Amount;
  /** Between two deliveries; null where fewer than two are known. */
  readonly days: number | null;
}

export interface CopyRate {
  readonly bytesPerSecond: number;
  readonly from: 'measured' | 'given';
  /** Passes that it was measured by. */
  readonly passes: number;
}

export interface WaitingDelivery {
  readonly catalog: string;
  readonly state: DeliveryState;
  /** `host/repository:tag`. */
  readonly reference: string;
  /** Images that production lacks. */
  readonly images: number;
}

/** `olmirror advise --format json`. */
export interface Advice {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Advice';
  readonly mirror: string;
  /** Full id of the commit. */
  readonly revision: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Of the manifest. */
  readonly strategy: Strategy;
  readonly hosts: PerRole<string>;
  readonly recommendation: {
    readonly strategy: Strategy;
    readonly reasons: readonly AdviceReason[];
  };
  /** Where the next delivery goes. */
  readonly next: { readonly role: RoleName; readonly host: string };
  /** Index of each catalog in staging. */
  readonly waiting: readonly WaitingDelivery[];
  /** Whether staging could be emptied now, as far as this was looked at. */
  readonly emptying: {
    readonly verdict: 'yes' | 'no' | 'unknown';
    readonly hindrances: readonly Hindrance[];
  };
  readonly use: {
    readonly state: 'known' | 'partial' | 'unknown';
    readonly clusters: readonly string[];
    /** What is not known, as sentences. */
    readonly gaps: readonly string[];
  };
  /** What Git and waiting deliveries ask for, by where it is. */
  readonly images: ImageCounts;
  readonly room: PerRole<DiskRoom>;
  /** Both registries keep their blobs on one disk, so that its room is there once. */
  readonly sharesDisk: boolean;
  readonly pace: Pace;
  /** How many further deliveries are reckoned with. */
  readonly ahead: number;
  /** Null where nobody knows. */
  readonly rate: CopyRate | null;
  readonly strategies: readonly StrategyAdvice[];
  readonly risks: readonly Risk[];
  /** In order of role, then of name. */
  readonly repositories: readonly RepositoryAdvice[];
  readonly unclear: readonly UnclearAnswer[];
  readonly requests: PerRole<number>;
  readonly exitCode: 0 | 1;
}
