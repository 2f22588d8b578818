import type { Digest } from '../base/digest.ts';
import type { DeliveryState } from './status-types.ts';

/** What hinders staging from being emptied. */
export type HindranceKind =
  | 'not-merged'
  | 'merged-not-committed'
  | 'not-applied'
  | 'gap'
  | 'held'
  | 'other-index'
  | 'served-index-damaged'
  | 'index-names-staging'
  | 'not-in-production'
  | 'damaged'
  | 'attached'
  | 'in-use'
  | 'points-at-staging';

/** What could not be told. */
export type UnclearKind =
  | 'index'
  | 'listing'
  | 'tags'
  | 'manifest'
  | 'production'
  | 'release'
  | 'cluster-unreadable'
  | 'cluster-incomplete'
  | 'unknown-registry';

/** One thing that stands in the way, and what to do about it. */
export interface Finding<Kind extends string = string> {
  readonly kind: Kind;
  /** What it is about: `host/repository@digest`, a catalog, an object. */
  readonly subject: string;
  readonly message: string;
  /** What to do next; a sentence. */
  readonly next: string;
}

export type Hindrance = Finding<HindranceKind>;
export type Unclear = Finding<UnclearKind>;

/** The index that staging serves of one catalog. */
export interface StagedIndex {
  readonly catalog: string;
  /** `host/repository:tag`. */
  readonly reference: string;
  readonly state: DeliveryState;
  readonly digest: Digest | null;
  /** Date of its delivery record; null where there is none. */
  readonly recorded: string | null;
  /** What production serves under the catalog's tag, and what Git says it should; null where that is not known. */
  readonly servedId: Digest | null;
  readonly wantedId: Digest | null;
}

/** A manifest that staging alone holds, and that neither Git nor a given object asks for. */
export interface UnwantedManifest {
  readonly repository: string;
  readonly digest: Digest;
  /** In byte order. */
  readonly tags: readonly string[];
  /** Other manifests that are part of it and not listed by themselves, as its platforms are. */
  readonly parts: number;
  /** The manifest of the repository that it belongs to, as a signature does. */
  readonly attachedTo: Digest | null;
  /** What is known of it beside that nobody asks for it; null for nothing. */
  readonly why: string | null;
  readonly production: 'absent' | 'damaged' | 'unknown';
  /** Of config and layers, those of all platforms; null where they could not be read. */
  readonly bytes: number | null;
  /** When it was built, as it says itself; null where it does not. */
  readonly created: string | null;
}

/** Every manifest of staging counts in one of these. */
export interface StagingSums {
  readonly manifests: number;
  /** Production holds the same, with all its parts and blobs. */
  readonly inProduction: number;
  /** Index images whose content Git took in. */
  readonly takenIn: number;
  /** Lists of referrers: what they name was looked at by itself. */
  readonly referrersLists: number;
  readonly unwanted: number;
  readonly hindering: number;
  readonly unclear: number;
}

/** Objects of clusters that were read from one place. */
export interface ReadCluster {
  /** Folder as it was given; `cluster/` for that of the repository. */
  readonly folder: string;
  readonly files: number;
  readonly catalogs: number;
  readonly mirrorRules: number;
  /** Pods that have not ended. */
  readonly pods: number;
  readonly endedPods: number;
  readonly others: number;
}

/** Kinds of objects that every cluster is expected to show. */
export const CLUSTER_KINDS = ['catalogs', 'mirror-rules', 'pods'] as const;
export type ClusterKind = (typeof CLUSTER_KINDS)[number];

export interface CheckedRegistry {
  readonly host: string;
  readonly aliases: readonly string[];
  readonly pathPrefix: string;
}

/** `olmirror staging check --format json`. */
export interface StagingCheck {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'StagingCheck';
  readonly mirror: string;
  /** Full id of the commit. */
  readonly revision: string;
  /** When the check ended. */
  readonly time: string;
  readonly production: CheckedRegistry;
  readonly staging: CheckedRegistry;
  readonly verdict: 'may-be-emptied' | 'may-not' | 'cannot-say';
  readonly indexes: readonly StagedIndex[];
  /** `catalog`: staging listed its repositories; `known`: it did not, so those were looked at that Git or an index names. */
  readonly listing: 'catalog' | 'known';
  /** Repositories that were looked at. */
  readonly repositories: number;
  /** Repositories outside of staging's `pathPrefix`, which were not. */
  readonly outside: number;
  readonly tags: number;
  readonly sums: StagingSums;
  readonly hindrances: readonly Hindrance[];
  readonly unclear: readonly Unclear[];
  /** In byte order of repository and digest. */
  readonly unwanted: readonly UnwantedManifest[];
  readonly clusters: readonly ReadCluster[];
  /** Of which kinds it was said that clusters have no objects. */
  readonly stated: readonly ClusterKind[];
  /** Registries of which it was said that they are not staging. */
  readonly otherRegistries: readonly string[];
  /** What was asked of production: images proved, and blobs by HEAD. */
  readonly proved: { readonly images: number; readonly blobs: number };
  readonly requests: number;
  readonly exitCode: 0 | 1 | 4;
  /** sha256 of the RFC 8785 JSON of all other fields. */
  readonly hash: Digest;
}
