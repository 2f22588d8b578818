import type { Digest } from '../base/digest.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Presence, UnknownPresence } from '../base/presence.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import type { LackedContent } from '../catalog/find-lack.ts';
import type { Uncopyable } from '../images/find-uncopyable.ts';
import type { DamagedPart, Proof, ProofCounts } from '../images/prove-image.ts';
import type { AttachedKind, NeededBy, UnreadableImage, WantedImage } from '../images/types.ts';
import type { CatalogPin, PerRole, RoleName } from '../manifest/types.ts';
import type { Shard } from './shard.ts';
import type { ClusterUpgrade } from './upgrade-types.ts';
import type { VerifiedCheck } from './verified-check.ts';

/** What the live registries said about one wanted image. */
export interface ObservedImage {
  /** At the registry that must hold it. */
  readonly serving: Presence;
  /** Where it comes from; null where that was not asked, because the serving registry has it. */
  readonly source: Presence | null;
  /** The tag `sha256-<hex>` in the serving registry, asked before a copy; null where not asked. */
  readonly protectTag: Presence | null;
  /** True when `protectTag` holds a referrers index, so that `olmirror-<hex>` is used. */
  readonly protectTagIsReferrers: boolean;
  /** Demanded and arrival tags in the serving registry that were asked about. */
  readonly tags: Readonly<Record<string, Presence>>;
  /** Bytes of config and layers by digest, read at the source before a copy; empty otherwise. */
  readonly blobs: Readonly<Record<string, number>>;
  /** Why what the source holds cannot be copied; null where nothing is in the way, or it was not asked. */
  readonly uncopyable: Uncopyable | null;
  /** What the source holds beside an image that is to be copied; unknown where it did not tell. */
  readonly attached: readonly AttachedImage[] | UnknownPresence;
  /** What a deep look at the image in the serving registry found; left out where nobody looked. */
  readonly proof?: Proof;
  /**
   * Of a damaged image, what the source says of the manifests that would mend it: the first that is not
   * there, or present where all are; left out where it was not asked.
   */
  readonly restore?: Presence;
}

/** A signature, attestation, SBOM or other referrer of a wanted image. */
export interface AttachedImage {
  readonly wanted: WantedImage;
  readonly observed: ObservedImage;
}

/** The served index of one catalog. */
export interface ObservedIndex {
  readonly moving: Presence;
  /** Id of what the moving tag holds, where it is present: of an index that says podman built it the recipe's, else the image id. */
  readonly servedId: Digest | null;
  /** `servedId` is the id of a recipe: what the index says of itself, not what it is. */
  readonly servedByRecipe: boolean;
  /** Its labels say that olmirror built it. */
  readonly servedLabelled: boolean;
  /** It has an entrypoint: a pod can start from it. */
  readonly servedStarts: boolean;
  /** Its labels say that it is an index, of whatever format. */
  readonly servedIsIndex: boolean;
  /** `<tag>-<12 hex of servedId>` in the serving registry; null where nothing is served. */
  readonly servedImmutable: Presence | null;
  /** `<tag>-<12 hex of expectedId>` there. */
  readonly expectedImmutable: Presence;
  /** Id of what `expectedImmutable` holds, where present: of the kind that the wanted index has. */
  readonly expectedImmutableId: Digest | null;
  /** `expectedImmutable` holds the wanted index, and what is served is not known to be of a later commit. */
  readonly movedBack: boolean;
  /** For a foreign index: what it serves and Git lacks; null otherwise, or where it cannot be read. */
  readonly foreign: LackedContent | null;
  /** What the tag of its pin holds; null for a catalog without a pin. */
  readonly pinned: ObservedPin | null;
}

/** The index that a pin names. */
export interface ObservedPin {
  readonly presence: Presence;
  /** Null where it is not there, or is no image. Where its tag is named after a recipe, that of the recipe. */
  readonly imageId: Digest | null;
  /** `imageId` is the id of a recipe: podman built it. */
  readonly byRecipe: boolean;
  /** Its labels say that olmirror built it. */
  readonly labelled: boolean;
  /** A pod can start from it, or Git has a CatalogSource that needs no such image. */
  readonly canBeServed: boolean;
  /** Why no pod of a CatalogSource in Git that takes a cache out of it would come up; null for no reason, or where it was not read. */
  readonly cacheFault: string | null;
  /** Whether the serving registry holds what it names; null where its tag serves it already, or nobody could ask. */
  readonly closure: VerifiedCheck | null;
}

/** What Git says about the index of one catalog. */
export interface WantedIndex {
  readonly catalog: string;
  /** The role whose registry serves it. */
  readonly serving: RoleName;
  /** Repository and tag there, with path prefix. */
  readonly repository: string;
  readonly tag: string;
  /** Of `builder: podman` the id of the recipe: the image id is known only after the build. */
  readonly imageId: Digest;
  readonly builder: 'native' | 'podman';
  /** Canonical hash of the catalog's content. */
  readonly content: Digest;
  /** Tree hash that binds a saved plan to the catalog's files. */
  readonly tree: string;
  readonly packages: number;
  readonly bundles: number;
  /** Bytes of the layers olmirror builds, compressed; 0 where podman does, which nobody knows before. */
  readonly bytes: number;
  /** Keys of the wanted images that the index names. */
  readonly imageKeys: readonly string[];
  /** Digests of served indexes that `init` or `merge` took in, with the content each had. */
  readonly takenIn: readonly TakenIn[];
  /** A pod can start from it, as its base carries opm, or Git has a CatalogSource that needs no such image. */
  readonly canBeServed: boolean;
  /** Holds the index where it is; null for no pin, or one that has ended. */
  readonly pin: CatalogPin | null;
  /** A pin that the manifest still has, though it has ended. */
  readonly endedPin: CatalogPin | null;
  /** False where that registry lets no tag move: then its immutable tag is all that is published. */
  readonly moves: boolean;
  /** What `merge --from` takes to mean it, where the role that serves means another one there: its address. */
  readonly address?: string;
  /** Tags of this index of which Git tells clusters below `cluster/`. */
  readonly told: readonly string[];
}

/** An index that `init` or `merge` took in. */
export interface TakenIn {
  readonly digest: Digest;
  /** Hash of the catalog that it had. */
  readonly content: Digest;
  /** A gap kept packages of it out of Git; left out where none did. */
  readonly partial?: true;
}

export interface Wanted {
  readonly images: readonly WantedImage[];
  readonly unreadable: readonly UnreadableImage[];
  readonly indexes: readonly WantedIndex[];
}

export interface Observed {
  readonly images: ReadonlyMap<string, ObservedImage>;
  readonly indexes: ReadonlyMap<string, ObservedIndex>;
}

interface StepBase {
  /** Stable within a plan: `copy repo@sha256:…`, `tag repo:tag`, `push catalog`, `index catalog`. */
  readonly id: string;
  /** Why, as a sentence part: `needed by b.v1.2.0`. */
  readonly reason: string;
  /** Expected transfer; 0 where nothing is moved. */
  readonly bytes: number;
  /** Keys of the wanted items that this step settles. */
  readonly items: readonly string[];
}

/** Copies one digest to the serving registry under its never-moving tag, then gives it further tags. */
export interface CopyStep extends StepBase {
  readonly kind: 'copy';
  /** What it is of an image that is copied too; left out for a wanted image. */
  readonly attached?: AttachedKind;
  /** Upstream name of the image that it is attached to. */
  readonly attachedTo?: string;
  readonly upstream: string;
  readonly from: { readonly role: RoleName; readonly repository: string };
  readonly to: { readonly role: RoleName; readonly repository: string };
  readonly digest: Digest;
  /** What the serving registry lacked when this was planned: the digest, or the tag of a tag-only reference. */
  readonly absent: string;
  /** `sha256-<hex>` or `olmirror-<hex>`. */
  readonly protectTag: string;
  readonly tags: readonly string[];
  /** Of an image that is there, but not the whole of it; left out for any other. */
  readonly repair?: Repair;
  /** Tag of the release whose payload it is: copied last, when all that the release names is there. Left out for any other. */
  readonly release?: string;
  /** Ids of copies that bring a large layer of this one, which stand before it; left out for none. */
  readonly after?: readonly string[];
}

/** What brings back the parts of a damaged image. */
export interface Repair {
  /** To be copied again, each by its own digest, in this order. */
  readonly manifests: readonly Digest[];
  /** What the destination lacked when this was planned. */
  readonly missing: readonly Pick<DamagedPart, 'kind' | 'digest'>[];
}

/** Gives an image that the registry holds one more tag. */
export interface TagStep extends StepBase {
  readonly kind: 'tag';
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  /** What the tag points at now: null for nothing. A move is only planned for movable tags. */
  readonly previous: Digest | null;
}

/** How a step names an index before it is there. */
interface NamedIndex {
  readonly imageId: Digest;
  /** `imageId` is the id of the recipe that podman builds it of; left out where olmirror builds. */
  readonly builder?: 'podman';
}

/** Pushes a built index under its immutable tag. */
export interface PushIndexStep extends StepBase, NamedIndex {
  readonly kind: 'push-index';
  readonly catalog: string;
  readonly repository: string;
  /** The immutable tag, `<tag>-<12 hex>`. Where no tag may move, this is what is served, and closure is checked before. */
  readonly tag: string;
}

/** Checks closure, then lets the catalog's tag point at the index with this id. Last of its catalog. */
export interface MoveIndexStep extends StepBase, NamedIndex {
  readonly kind: 'move-index';
  readonly catalog: string;
  readonly repository: string;
  readonly tag: string;
  readonly immutableTag: string;
  readonly previous: Digest | null;
}

export type Step = CopyStep | TagStep | PushIndexStep | MoveIndexStep;

/** Something that a person must know before the plan is carried out. */
export interface Check {
  readonly kind:
    | 'missing-source'
    | 'uncopyable'
    | 'damaged'
    | 'unknown'
    | 'tag-would-move'
    | 'overwrite'
    | 'write-denied'
    | 'write-policy'
    | 'tag-differs'
    | 'closure'
    | 'foreign-index'
    | 'drift'
    | 'loss'
    | 'immutable-tag-taken'
    | 'program-lost'
    | 'cache-unfit'
    | 'collision'
    | 'known-missing'
    | 'known-missing-there'
    | 'known-missing-idle'
    | 'known-missing-wide'
    | 'known-missing-ended'
    | 'index-only'
    | 'request-budget'
    | 'held'
    | 'pinned'
    | 'shrink'
    | 'policy'
    | 'pin-ended'
    | 'pin-missing'
    | 'in-use'
    | 'role-swap'
    | 'required'
    | 'automatic-upgrade'
    | 'stranded-upgrade'
    | 'release-signature'
    | 'release-incomplete'
    | 'release-path'
    | 'release-in-use'
    | 'package-removed'
    | 'known-missing-grown'
    | 'cluster-differs'
    | 'invalid'
    | 'uncommitted'
    | 'capacity';
  readonly severity: 'error' | 'blocked' | 'warning';
  readonly message: string;
  readonly hint: string | null;
  readonly catalog: string | null;
  /** Key of the wanted item, where it is about one. */
  readonly item: string | null;
  readonly neededBy: readonly NeededBy[];
}

export type OutcomeKind = 'in-sync' | 'copied' | 'refused' | 'lost' | 'deferred' | 'failed';

/** How one wanted item ended. */
export interface Outcome {
  readonly item: string;
  readonly type: 'image' | 'tag' | 'index';
  readonly kind: OutcomeKind;
  readonly message: string | null;
  readonly code: ErrorCode | null;
  /** Of what is in step and was not asked for in this pass: when it was seen, ISO 8601. Only in reports. */
  readonly seen?: string;
}

export type Sums = Readonly<Record<'wanted' | OutcomeKind, number>>;

export interface PlanBinding {
  /** Hash of the manifest with defaults filled in. */
  readonly manifest: Digest;
  /** Catalog name → tree hash. */
  readonly catalogs: Readonly<Record<string, string>>;
  /** Under `relocate`, hash of what in-use.yaml and the delivery records want kept; left out under `append`. */
  readonly kept?: Digest;
}

/** One channel whose offer changes. */
export interface ChannelPlan {
  readonly channel: string;
  /** Head before and after; null where there was or is none. */
  readonly old: string | null;
  readonly new: string | null;
  /** Their versions, where the bundles tell them. */
  readonly oldVersion: string | null;
  readonly newVersion: string | null;
  /** Bundles from which a path led to the head, and does not any more. */
  readonly pathsBroken: readonly string[];
  readonly pathsOpened: readonly string[];
}

/** A deprecation that comes or goes. */
export interface DeprecationPlan {
  /** Such as `package`, `channel stable`, `bundle a.v1.0.0`. */
  readonly subject: string;
  readonly message: string;
}

/** One package whose offer changes when the index is published; for people. */
export interface PackagePlan {
  readonly package: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** Null where it is the same; empty text where there is none. */
  readonly defaultChannel: { readonly before: string; readonly after: string } | null;
  readonly channels: readonly ChannelPlan[];
  readonly bundlesAdded: readonly string[];
  readonly bundlesRemoved: readonly string[];
  /** Of one name, with another image or other related images. */
  readonly bundlesRereleased: readonly string[];
  readonly deprecated: readonly DeprecationPlan[];
  readonly undeprecated: readonly DeprecationPlan[];
}

/** What happens to the index of one catalog, and what its users will see. */
export interface CatalogPlan {
  readonly catalog: string;
  /** `repository:tag` in the serving registry. */
  readonly target: string;
  readonly servedId: Digest | null;
  /** Of the pin, else of Git's catalog. */
  readonly wantedId: Digest | null;
  /** `wantedId` is the id of the recipe that podman builds, or built, the index of; left out where olmirror builds. */
  readonly builder?: 'podman';
  readonly action: 'none' | 'publish' | 'restore' | 'blocked' | 'pinned';
  /** Null for no pin, or one that has ended. */
  readonly pin: CatalogPin | null;
  /** Null where what is served could not be compared. */
  readonly packages: readonly PackagePlan[] | null;
  /** Under `relocate`, how much of Git's catalog is wanted; left out under `append`. */
  readonly kept?: KeptShare;
}

/** How much of a catalog `relocate` keeps. */
export interface KeptShare {
  readonly packages: number;
  readonly ofPackages: number;
  readonly bundles: number;
  readonly ofBundles: number;
}

/** How the serving registry was verified beyond its manifests, and what that took. */
export interface Verification extends ProofCounts {
  readonly level: Exclude<VerifyLevel, 'manifests'>;
}

/** What copies and pushes move into one repository; a layer that several images share counts where it moves first. */
export interface RepositoryBytes {
  readonly repository: string;
  /** Images and indexes. */
  readonly images: number;
  readonly bytes: number;
}

/** Where the serving registry keeps its blobs, and the room there. */
export interface Storage {
  /** As the manifest names it. */
  readonly path: string;
  /** Null where it cannot be told. */
  readonly freeBytes: number | null;
}

/** Requests that carrying something out takes at one registry, about. */
export interface RequestEstimate {
  /** Of olmirror's own HEADs and GETs. */
  readonly olmirror: number;
  readonly skopeo: number;
}

/** A part of a plan, and the steps of the whole that are left to others. */
export interface PlanShard extends Shard {
  /** Steps for the indexes that are not in this plan. */
  readonly index: number;
  /** Steps of other shards. */
  readonly others: number;
}

export interface Plan {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Plan';
  /** Name of the mirror. */
  readonly mirror: string;
  readonly revision: string;
  /** ISO 8601; not part of the hash. */
  readonly time: string;
  readonly indexOnly: boolean;
  /** What part of the whole plan this is; left out where it is the whole. */
  readonly shard?: PlanShard;
  readonly binding: PlanBinding;
  readonly steps: readonly Step[];
  readonly checks: readonly Check[];
  /** Items that need no step: in sync, lost, refused, unknown, held back. */
  readonly settled: readonly Outcome[];
  readonly catalogs: readonly CatalogPlan[];
  /** What clusters of `in-use.yaml` meet; not part of the hash. Left out where there is no such file. */
  readonly upgrades?: readonly ClusterUpgrade[];
  readonly wantedItems: number;
  /** Unique bytes to move. */
  readonly bytes: number;
  /** What a look beyond manifests took; left out where there was none. */
  readonly verification?: Verification;
  /** The same by repository of the serving registry, the most first. */
  readonly repositories: readonly RepositoryBytes[];
  /** Null where the manifest names none. */
  readonly storage: Storage | null;
  /** What carrying out the steps takes at each registry, about; left out where there is no step. */
  readonly requests?: PerRole<RequestEstimate>;
  /** sha256 of the plan's RFC 8785 JSON without `hash`, `time`, `storage`, `upgrades` and checks that hang on the hour (promise 10). */
  readonly hash: Digest;
}
