import type { Digest } from '../base/digest.ts';
import type { AskedPackage } from '../catalog/select-asked.ts';
import type {
  BridgeRule,
  CatalogEntry,
  Exclusion,
  FollowedPackage,
  MirrorManifest,
  PathRule,
  PerRole,
} from '../manifest/types.ts';
import type {
  CarriedCluster,
  CarriedGraph,
  CarriedRelease,
  NeededReleases,
} from './media-release-types.ts';
import type { ClusterUpgrade } from './upgrade-types.ts';

interface MediaDocument<K extends string> {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: K;
  /** sha256 of the RFC 8785 form of all other fields. */
  readonly hash: Digest;
}

export interface CarriedCatalog {
  readonly name: string;
  /** Of its index in production. */
  readonly tag: string;
  readonly content: Digest;
  readonly catalogSource: CatalogEntry['catalogSource'];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly bridges: readonly Omit<BridgeRule, 'reason' | 'by' | 'file' | 'line'>[];
  readonly excludes: readonly Omit<Exclusion, 'reason' | 'by' | 'place'>[];
}

export interface HeldManifest {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Places in the list of blobs. */
  readonly blobs: readonly number[];
}

export interface SizedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface UnclearAnswer {
  readonly subject: string;
  readonly message: string;
}

/** What production was seen to hold. */
export interface Holdings {
  readonly listing: 'catalog' | 'known';
  readonly repositories: number;
  readonly manifests: readonly HeldManifest[];
  readonly blobs: readonly SizedBlob[];
  readonly bytes: number;
  readonly unclear: readonly UnclearAnswer[];
}

/** What is carried outside: production's holdings, and what a merge inside goes by. */
export interface MediaSnapshot extends MediaDocument<'Snapshot'>, Holdings {
  readonly time: string;
  readonly revision: string;
  readonly name: string;
  readonly masked: boolean;
  readonly registries: PerRole<{ readonly host: string; readonly pathPrefix: string }>;
  readonly paths: readonly PathRule[];
  readonly policy: Pick<MirrorManifest['policy'], 'duplicateBundle' | 'strandedUpgrades'>;
  readonly catalogs: readonly CarriedCatalog[];
  /** By version, then architecture. */
  readonly releases: readonly CarriedRelease[];
  /** Null where Git has no `in-use.yaml`. */
  readonly clusters: readonly CarriedCluster[] | null;
  /** Null where neither Git nor the manifest's image has one. */
  readonly graph: CarriedGraph | null;
  /** `spec.images` lists the image with the graph, which an UpdateService serves. */
  readonly updateService: boolean;
  readonly inUse: readonly FollowedPackage[] | null;
}

export interface NeededImage {
  /** Upstream. */
  readonly reference: string;
  /** In production. */
  readonly repository: string;
  readonly digest: Digest | null;
  readonly state: 'absent' | 'unknown';
  readonly bundles: readonly string[];
  /** Of blobs that production lacks; null where nobody knows. */
  readonly bytes: number | null;
  readonly unknown: string | null;
}

export interface NeededCatalog {
  readonly catalog: string;
  readonly source: string;
  readonly digest: Digest | null;
  readonly content: Digest;
  readonly packages: readonly AskedPackage[];
  readonly required: readonly string[];
  readonly unclosed: readonly {
    readonly package: string;
    readonly channel: string | null;
    readonly gaps: readonly {
      readonly kind: string;
      readonly channel: string | null;
      readonly message: string;
      readonly hint: string;
    }[];
  }[];
  readonly unmet: readonly {
    readonly package: string;
    readonly bundle: string;
    readonly requires: string;
    readonly providers: readonly string[];
  }[];
  /** What clusters meet once the delivery is served. */
  readonly upgrades: readonly Pick<
    ClusterUpgrade,
    'cluster' | 'user' | 'package' | 'from' | 'to' | 'effect'
  >[];
  readonly notes: readonly {
    readonly kind: string;
    readonly package: string;
    readonly message: string;
  }[];
}

/** What to bring so that it merges inside with no gap. */
export interface Need extends MediaDocument<'Need'> {
  readonly snapshot: Pick<MediaSnapshot, 'hash' | 'time' | 'revision' | 'name'>;
  readonly catalogs: readonly NeededCatalog[];
  /** Null where no release has to come, and none was asked for. */
  readonly releases: NeededReleases | null;
  readonly images: readonly NeededImage[];
  readonly held: readonly string[];
  readonly unreadable: readonly string[];
  readonly blobs: readonly SizedBlob[] | null;
  readonly exitCode: 0 | 4;
}

export interface ReceivedImage {
  readonly reference: string;
  /** In staging. */
  readonly repository: string;
  readonly digest: Digest | null;
}

/** Staging against what was asked for. */
export interface Receipt extends MediaDocument<'Receipt'> {
  readonly time: string;
  /** Hash of the need. */
  readonly need: Digest;
  readonly host: string;
  readonly arrived: readonly (ReceivedImage & { readonly found: Digest })[];
  readonly missing: readonly ReceivedImage[];
  readonly different: readonly (ReceivedImage & { readonly found: Digest })[];
  readonly unknown: readonly (ReceivedImage & { readonly message: string })[];
  readonly extra: readonly {
    readonly repository: string;
    readonly digest: Digest;
    readonly tags: readonly string[];
  }[];
  readonly unclear: readonly UnclearAnswer[];
  readonly exitCode: 0 | 1 | 4;
}
