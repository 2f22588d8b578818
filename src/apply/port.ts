import type { EmitEvent } from '../base/events.ts';
import type { PassNotes } from '../base/pass-notes.ts';
import type { BuiltIndex } from '../index/build-index.ts';
import type { PodmanRecipe } from '../index/podman-recipe.ts';
import type { StateFacts, StateLayer } from '../index/state-image.ts';
import type { CopyStep, Outcome, Plan, Step } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';

export type Role = CopyStep['from']['role'];
type PerRole<T> = Readonly<Record<Role, T>>;

/** How a registry is reached by skopeo. */
export interface RegistryAccess {
  /** Plain HTTP or unverified TLS. */
  readonly insecure: boolean;
  /** Null: skopeo looks where it looks by default. */
  readonly authFile: string | null;
  readonly caFile: string | null;
}

export interface RegistryTarget {
  readonly host: string;
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
}

/** One run of the copier. */
export interface CopyRequest {
  /** An image in a registry, or the folder of an OCI layout that holds one image. */
  readonly source: RegistryTarget | { readonly layout: string };
  readonly destination: RegistryTarget;
  /** Null for a layout. */
  readonly sourceAccess: RegistryAccess | null;
  readonly destinationAccess: RegistryAccess;
  /** `all`: the image with all its platforms. `index-only`: a manifest whose children are there already. */
  readonly multiArch: 'all' | 'index-only';
  /** A layer of it is brought into several repositories: worth remembering where it lies. */
  readonly sharesLayers: boolean;
  /** Some megabytes at most are to move, or a tag alone. */
  readonly isSmall: boolean;
}

/** Images that lie on disk, to be pushed to one registry by one run. */
export interface PushRequest {
  readonly host: string;
  readonly access: RegistryAccess;
  /**
   * Writes each image into a folder `<repository>:<tag>` below the given one, as skopeo's `dir:` has it, and returns
   * these names. Called right before they are pushed.
   */
  readonly fill: (folder: string) => Promise<readonly string[]>;
}

export interface PushEnd {
  /** `<repository>:<tag>` of those that went through; a HEAD proves it. Whatever is not named may be there or not. */
  readonly pushed: ReadonlySet<string>;
  /** Whether the run ended because the registry refused for too many requests. */
  readonly isRefused: boolean;
}

export const NOTHING_PUSHED: PushEnd = { pushed: new Set(), isRefused: false };

/** The only thing that writes to a registry (promise 1). Digests are preserved, always (promise 4). */
export interface Copier {
  /** Throws `APPLY_NO_SKOPEO` or `APPLY_OLD_SKOPEO` where no copy could work. */
  assertReady(): Promise<void>;
  /** Whether it cannot copy an index with layers in zstd as a whole; asked of the copier once. */
  breaksZstdIndexes(): Promise<boolean>;
  /** Throws `APPLY_COPY_FAILED`, `APPLY_COPY_TIMEOUT` or `APPLY_INTERRUPTED`; resolving proves nothing, a HEAD does. */
  copy(request: CopyRequest, signal?: AbortSignal): Promise<void>;
  /**
   * Pushes images one after the other up to the first that fails, in the order of their names. Throws `APPLY_INTERRUPTED`,
   * `APPLY_COPY_FAILED` where the disk refuses, and what `fill` throws; all else is said by what was not pushed.
   */
  pushImages(request: PushRequest, signal?: AbortSignal): Promise<PushEnd>;
  /**
   * Drops what it remembers of earlier copies, with all that it put on disk. Until then a registry may
   * mount a blob that an earlier copy with `sharesLayers` brought into another of its repositories.
   */
  forget(): Promise<void>;
}

/** An image that podman builds on: a folder as skopeo's `dir:` has it, and its name in the Dockerfile. */
export interface StageImage {
  readonly name: string;
  readonly folder: string;
}

/** One image to be built, of one platform. */
export interface ImageBuild {
  /** For people: `the index of redhat-index for linux/amd64`. */
  readonly title: string;
  readonly dockerfile: string;
  readonly compression: 'gzip' | 'zstd';
  /** Folder of the OCI layout that is to hold it and nothing else. */
  readonly layout: string;
}

export interface BuildRequest {
  /** Private to this request: storage and settings lie in it too. Images that were built before it are not seen. */
  readonly workspace: string;
  /** Build context. */
  readonly context: string;
  readonly images: readonly StageImage[];
  readonly builds: readonly ImageBuild[];
}

/** Builds images out of Dockerfiles, without registries: neither credentials nor images come from the machine. */
export interface ImageBuilder {
  /** Throws `APPLY_NO_PODMAN` where no build could work. */
  assertReady(): Promise<void>;
  /** Throws `APPLY_BUILD_FAILED` or `APPLY_INTERRUPTED`; resolving proves nothing, the layouts do. */
  build(request: BuildRequest, signal?: AbortSignal): Promise<void>;
  /** Removes a workspace and all that a build left in it or outside of it. */
  remove(workspace: string): Promise<void>;
}

/** One image that an index or a release names. */
export interface ClosureEntry {
  readonly repository: string;
  /** Digest, or the tag of a tag-only reference. */
  readonly reference: string;
  /** For people: the image and the bundle or release that names it. */
  readonly label: string;
}

export interface ApplyRequest {
  readonly plan: Plan;
  readonly registries: PerRole<RegistryPort>;
  readonly access: PerRole<RegistryAccess & { readonly host: string }>;
  /** Role whose registry serves the index images. */
  readonly servingRole: Role;
  readonly buildIndex: (catalog: string) => Promise<BuiltIndex>;
  /** What podman builds the index of a catalog of. */
  readonly describeIndex: (catalog: string) => Promise<PodmanRecipe>;
  /** What must be seen in the serving registry before the catalog's tag moves (promise 3). */
  readonly closure: (catalog: string) => readonly ClosureEntry[];
  /** What must be seen there before the payload of a release, by its tag, is copied. Left out where no payload is. */
  readonly releaseClosure?: (release: string) => readonly ClosureEntry[];
  /** Left out where nothing is to be kept for a later pass. */
  readonly notes?: PassNotes;
  /** Wait for shards that run, where the plan is not one of theirs; otherwise `APPLY_SHARDS_RUNNING` is thrown. */
  readonly waits?: boolean;
  /**
   * Asked before a copy or a tag begins, and before the index of a catalog does: why it must wait, or null. What has
   * begun is finished. Left out where nothing can come in between.
   */
  readonly findHold?: (step: Step) => Promise<Pick<Outcome, 'message' | 'code'> | null>;
  /** Copies at a time; default 4. */
  readonly concurrency?: number;
  /** What is locked, to which the shard of the plan is added; default the mirror. */
  readonly lockKey?: string;
  readonly emit: EmitEvent;
}

export interface ApplyResult {
  /** One for every item of every step, in the order of the plan (promise 8). */
  readonly outcomes: readonly Outcome[];
  readonly interrupted: boolean;
  /** Steps that reached what they were planned for. */
  readonly stepsDone: number;
  /** Expected bytes of the copies and pushes that were carried out. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** A backup of the state repository, to be pushed to the serving registry. */
export interface StatePush {
  readonly repository: string;
  /** Does not exist yet. */
  readonly tag: string;
  readonly facts: StateFacts;
  /** An earlier backup that this one may build on; null for none. */
  readonly before: { readonly revision: string; readonly layers: readonly StateLayer[] } | null;
  /** Writes the bundle into a file: of what follows a commit, or of the whole history. */
  readonly writeBundle: (file: string, since: string | null, signal: AbortSignal) => Promise<void>;
}

export interface PushedState {
  /** Of the layer that was added. */
  readonly bytes: number;
  /** Of the image. */
  readonly layers: number;
}

export interface Applier {
  /**
   * Carries out a plan: copies and tags side by side, then each catalog's index. One bad step does
   * not stop the others (promise 9). Throws `APPLY_LOCKED` where another pass runs, and what
   * `Copier.assertReady` and the lockers throw; nothing has been written then. Where a lock is lost in
   * the middle, what is left ends as `deferred` with `APPLY_LOCK_LOST`.
   */
  applyPlan(request: ApplyRequest, signal: AbortSignal): Promise<ApplyResult>;
  /** The shards of a mirror that run now: `shard 2/3`. */
  listShards(plan: Pick<Plan, 'mirror'>, signal: AbortSignal): Promise<readonly string[]>;
  /** Pushes a backup of the state repository, under the same lock. Throws as a step fails, and as `applyPlan`. */
  pushState(request: ApplyRequest, push: StatePush, signal: AbortSignal): Promise<PushedState>;
}
