import type { Digest } from '../base/digest.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import type { WindowTimes } from './window-times.ts';

export type RoleName = 'production' | 'staging';

/** One value per registry role; a single value in the manifest stands for both. */
export interface PerRole<T> {
  readonly production: T;
  readonly staging: T;
}

export type WritePolicy = 'allow' | 'allow-once' | 'deny' | 'unknown';

export interface RegistryEntry {
  /** Host with port, as it stands in image references. */
  readonly host: string;
  /** Leading path of every repository there, without slashes at its ends; empty for none. */
  readonly pathPrefix: string;
  /** Other names (host:port) under which catalogs may name this registry. */
  readonly aliases: readonly string[];
  /** Plain HTTP or unverified TLS. */
  readonly insecure: boolean;
  readonly caFile: string | null;
  readonly authFile: string | null;
  readonly writePolicy: WritePolicy;
  readonly requestsPerDay: number | null;
  /** On the filesystem where the registry keeps its blobs, relative to the manifest; null where this machine does not see it. */
  readonly storagePath: string | null;
}

/** Holds a catalog's index at an earlier one. */
export interface CatalogPin {
  /** A never-moving tag of the catalog's repository in production. */
  readonly tag: string;
  readonly reason: string;
  readonly by: string;
  /** First UTC day on which it no longer counts, `YYYY-MM-DD`; null for never. */
  readonly until: string | null;
}

export interface CatalogEntry {
  readonly name: string;
  /** Folder in the state repository, relative to the manifest. */
  readonly path: string;
  readonly repository: PerRole<string>;
  readonly tag: PerRole<string>;
  /** `scratch`, or an image in production pinned by digest. */
  readonly base: string;
  /** Who makes the index image: olmirror itself, or podman out of opm's Dockerfile. */
  readonly builder: 'native' | 'podman';
  /** Of `builder: podman`: the image in production, pinned by digest, whose opm makes the cache; null for `base`. */
  readonly builderImage: string | null;
  /** The opm cache that the index image brings. */
  readonly cache: 'json' | 'none';
  /** Of the layers of the index image. */
  readonly compression: 'gzip' | 'zstd';
  /** `os/arch[/variant]`, at least one. */
  readonly platforms: readonly string[];
  readonly references: 'keep' | 'rewrite';
  readonly catalogSource: { readonly name: string; readonly namespace: string } | null;
  readonly pin: CatalogPin | null;
}

export interface ReleaseEntry {
  readonly version: string;
  readonly architecture: string;
}

export interface ExtraImage {
  /** Upstream reference. */
  readonly source: string;
  readonly tags: readonly string[];
}

/** Upstream prefix → path; the longest `from` wins. */
export interface PathRule {
  readonly from: string;
  readonly to: PerRole<string>;
  /** More path components than this are joined with `-`, as oc-mirror does; null for no limit. */
  readonly maxNestedPaths: PerRole<number | null>;
}

/** `off`: nobody looks; `warn`: it is said; `block`: it is said, and the index, image or plan is refused. */
export type PolicyLevel = 'off' | 'warn' | 'block';

export interface MirrorPolicy {
  readonly missing: 'block' | 'hold';
  readonly protect: 'new' | 'all';
  readonly strandedUpgrades: PolicyLevel;
  readonly automaticUpgrades: PolicyLevel;
  readonly duplicateBundle: 'newer' | 'keep' | 'block';
  readonly tagDrift: 'keep' | 'block';
  readonly defaultChannelChange: PolicyLevel;
  readonly channelRemoval: PolicyLevel;
  readonly rereleasedBundles: PolicyLevel;
  readonly imagesByTag: PolicyLevel;
  readonly unsignedImages: PolicyLevel;
  /** `policy.json` in this repository that says which images must be signed; null for all. */
  readonly signaturePolicy: string | null;
  readonly allowedPackages: {
    readonly level: PolicyLevel;
    readonly packages: readonly string[];
  } | null;
  readonly deliverySize: { readonly level: PolicyLevel; readonly gigabytes: number } | null;
  readonly soak: { readonly level: PolicyLevel; readonly days: number } | null;
}

/** What can be waived. */
export type WaivablePolicy = Exclude<
  keyof MirrorPolicy,
  'missing' | 'protect' | 'duplicateBundle' | 'tagDrift' | 'signaturePolicy'
>;

/** One item of `rules/<name>/waivers.yaml`: a finding of a policy that somebody answers for. */
export interface Waiver {
  readonly policy: WaivablePolicy;
  /** Null, like the others, for whatever it is. */
  readonly package: string | null;
  readonly channel: string | null;
  readonly bundle: string | null;
  /** Upstream reference; `*` stands for any run of characters. */
  readonly image: string | null;
  readonly reason: string;
  readonly by: string;
  /** First UTC day on which it no longer counts, `YYYY-MM-DD`. */
  readonly until: string;
  /** Whose file it is in. */
  readonly catalog: string;
  /** `file:line`, as people are told. */
  readonly place: string;
}

export interface ReconcileSettings {
  readonly intervalMilliseconds: number;
  readonly proofAgeMilliseconds: number;
  /** The same of their blobs; null for no such look. */
  readonly deepProofAgeMilliseconds: number | null;
  readonly windows: { readonly copy: Window; readonly publish: Window };
  readonly suspend: {
    readonly reason: string;
    readonly by: string;
    readonly until: string | null;
  } | null;
  /** Lets an index lose most of what is served. */
  readonly allowShrink: ShrinkDeclaration | null;
  /** Whether a note of each pass that changed something is kept in Git. */
  readonly notes: 'off' | 'local' | 'push';
  /** `watch` plans and reports, and writes nothing. */
  readonly dryRun: boolean;
  /** `required`: only what somebody approved by its hash is carried out. */
  readonly approval: 'none' | 'required';
}

export interface ShrinkDeclaration {
  readonly reason: string;
  readonly by: string;
  /** First UTC day on which it no longer counts, `YYYY-MM-DD`. */
  readonly until: string;
  /** Null for all. */
  readonly catalogs: readonly string[] | null;
}

/** When something may happen: whenever, or as its entries say. */
export type Window = 'always' | readonly WindowEntry[];

export interface WindowEntry {
  readonly effect: 'allow' | 'deny';
  /** As written. */
  readonly text: string;
  readonly times: WindowTimes;
  /** Of the IANA database. */
  readonly timeZone: string;
}

/** Whom `watch` tells of trouble. Exactly one of `url` and `urlFile` is given. */
export interface NotifierEntry {
  readonly name: string;
  readonly kind: 'json' | 'slack' | 'alertmanager';
  readonly url: string | null;
  /** Files are relative to the manifest. */
  readonly urlFile: string | null;
  readonly secretFile: string | null;
  readonly caFile: string | null;
  /** The least that is told. */
  readonly severity: 'info' | 'warning' | 'error';
  readonly remindAfterMilliseconds: number;
}

/** `mirror.yaml` with every default filled in. */
export interface MirrorManifest {
  readonly name: string;
  readonly strategy: 'append' | 'relocate';
  readonly registries: PerRole<RegistryEntry>;
  readonly catalogs: readonly CatalogEntry[];
  readonly releases: readonly ReleaseEntry[];
  readonly images: readonly ExtraImage[];
  readonly paths: readonly PathRule[];
  /** `repository:tag` in production, without the path prefix. */
  readonly movableTags: readonly string[];
  readonly verify: VerifyLevel;
  readonly policy: MirrorPolicy;
  readonly notifications: readonly NotifierEntry[];
  readonly reconcile: ReconcileSettings;
  /** Where in production the state repository is kept after each published pass; null for nowhere. */
  readonly stateBackup: StateBackup | null;
  readonly inUse: InUseSettings;
  /** The roles are as they are after the relocation of `relocate.yaml`: production serves what staging served. */
  readonly swapped?: true;
}

/** How much must be known of clusters before anything rests on `in-use.yaml`. */
export interface InUseSettings {
  /** Names of the clusters that are served from here. */
  readonly clusters: readonly string[];
  readonly seenWithinMilliseconds: number;
  readonly waivers: readonly UnseenWaiver[];
}

/** A kind of objects that need not be seen. */
export interface UnseenWaiver {
  /** As `in-use.yaml` has it under `unseen`. */
  readonly kind: string;
  /** Null for every cluster. */
  readonly cluster: string | null;
  readonly reason: string;
  readonly by: string;
  /** First UTC day on which it no longer counts, `YYYY-MM-DD`. */
  readonly until: string;
}

export interface StateBackup {
  /** Without host and path prefix. */
  readonly repository: string;
}

export interface DeliveredPackage {
  readonly name: string;
  /** Head of the default channel before and after; null where there was or is none. */
  readonly old: string | null;
  readonly new: string | null;
}

/** What a delivery has of one package. */
export interface BroughtBundles {
  readonly package: string;
  readonly bundles: readonly string[];
}

/** `deliveries/<date>-<12 hex>.yaml`: what `init` or `merge` took in. */
export interface DeliveryRecord {
  readonly catalog: string;
  readonly command: 'init' | 'merge';
  /** Where it was read from: an image reference, or a path. */
  readonly source: string;
  /** Role whose index this is, or null for a local source. */
  readonly role: RoleName | null;
  /** Digest of the index image's manifest, or of the content for a local source. */
  readonly digest: Digest;
  /** Canonical hash of the delivered catalog's content, addresses turned back to upstream. */
  readonly content: Digest;
  /** UTC date, `YYYY-MM-DD`. */
  readonly date: string;
  readonly packages: readonly DeliveredPackage[];
  /** Image references that the catalog in Git did not name before. */
  readonly newImages: number;
  readonly held: readonly string[];
  /** `<package>/<bundle>` of what excludes kept or took out; absent in older records. */
  readonly excluded?: readonly string[];
  /** Bundles that the delivery has and Git took; absent in older records, and in those of what production serves. */
  readonly brought?: readonly BroughtBundles[];
  /** Packages that a gap left as they were. */
  readonly gaps: readonly string[];
}

/** One item of `rules/<name>/known-missing.yaml`: what production lacked when `init` looked, or never gets. */
export interface KnownMissing {
  /** Upstream reference; with a `*`, a pattern for what the site never mirrors. */
  readonly image: string;
  /** Bundles that name it; a pattern may have none. */
  readonly bundles: readonly string[];
  readonly reason: string;
  /** UTC date, `YYYY-MM-DD`. */
  readonly since: string;
  /** First UTC day on which it no longer counts; null for no end. */
  readonly until: string | null;
}

/** An item and where it stands. */
export interface ListedMissing extends KnownMissing {
  /** Whose list it is in. */
  readonly catalog: string;
  /** `file:line`, as people are told. */
  readonly place: string;
}

/** One item of `rules/<name>/exclude.yaml`: what `merge` keeps out of the catalog. */
export interface Exclusion {
  readonly package: string;
  /** Null, like `bundle`, where the whole package is meant. */
  readonly channel: string | null;
  readonly bundle: string | null;
  readonly reason: string;
  readonly by: string;
  /** First UTC day on which it no longer applies, `YYYY-MM-DD`; null for never. */
  readonly until: string | null;
  /** `file:line`, as people are told. */
  readonly place: string;
}

/** What `filter --selection` keeps of one package. */
export interface SelectedPackage {
  readonly name: string;
  readonly channels?: readonly string[];
  readonly versions?: string;
  readonly bundles?: readonly string[];
  readonly defaultChannel?: string;
}

/** One bridge of `rules/<name>/bridges.yaml`: edges that an entry of a channel gets on top of its own. */
export interface BridgeRule {
  readonly package: string;
  readonly channel: string;
  /** The entry. */
  readonly bundle: string;
  /** Empty for none, as are `skips` and `skipRange`. */
  readonly replaces: string;
  readonly skips: readonly string[];
  readonly skipRange: string;
  readonly reason: string;
  readonly by: string;
  /** First UTC day on which it no longer counts; null for good. */
  readonly until: string | null;
  readonly file: string;
  /** 1-based line on which it starts. */
  readonly line: number;
}

/** One installed version of `in-use.yaml`. */
export interface InstalledVersion extends PackageUse {
  readonly bundle: string;
}

/** One Subscription or ClusterExtension of `in-use.yaml`. */
export interface PackageUse {
  readonly cluster: string;
  /** Day on which the cluster was looked at; null where nobody wrote it down. */
  readonly seen: string | null;
  /** Whose it is, for people: `Subscription namespace/name`. */
  readonly user: string;
  readonly package: string;
  /** Null where nothing is installed yet. */
  readonly bundle: string | null;
  /** Name of the CatalogSource; null where it is not known. */
  readonly source: string | null;
  /** Namespace of the CatalogSource; null where it is not known. */
  readonly sourceNamespace: string | null;
}

/** A Subscription of OLM v0. */
export interface SubscriptionTerms {
  readonly kind: 'Subscription';
  /** Null for the default channel. */
  readonly channel: string | null;
  /** Where nobody wrote it down, what OLM takes for it: `Automatic`. */
  readonly approval: 'Automatic' | 'Manual';
  /** What an InstallPlan is about to install; null for nothing. */
  readonly pending: string | null;
}

/** A ClusterExtension of OLM v1, which upgrades by itself. */
export interface ExtensionTerms {
  readonly kind: 'ClusterExtension';
  /** None for every channel. */
  readonly channels: readonly string[];
  /** Range that it keeps to, as OLM v1 reads it; null for none. */
  readonly version: string | null;
}

/** A use with what decides how it upgrades. */
export interface FollowedPackage extends PackageUse {
  readonly terms: SubscriptionTerms | ExtensionTerms;
}

/** What somebody saw done in a cluster. */
export interface Confirmation {
  readonly step: 'nodes-updated';
  readonly cluster: string;
  readonly by: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
}
