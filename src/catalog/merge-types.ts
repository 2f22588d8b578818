import type { DeprecationEntry } from './blob-fields.ts';
import type { BundleMigration, BundleRerelease } from './diff-bundles.ts';
import type { ChannelHead, Edges } from './diff-channels.ts';
import type { Bridge } from './find-bridges.ts';
import type { OpenShiftVersion } from './openshift-version.ts';
import type { Catalog, CatalogPackage } from './types.ts';

/** Edges that one entry of a channel gets on top of its own; what is empty adds nothing. */
export interface BridgeEdges extends Edges {
  /** The entry. */
  readonly bundle: string;
}

/** A bridge that the user declared in `rules/<name>/bridges.yaml`. */
export interface DeclaredBridge extends BridgeEdges {
  readonly package: string;
  readonly channel: string;
  readonly reason: string;
  readonly by: string;
  /** First day on which it no longer counts, `YYYY-MM-DD`; null for good. */
  readonly until: string | null;
  /** Where it stands. */
  readonly file: string;
  readonly line: number;
}

export interface MergeOptions {
  /** One bundle name, two contents: the newer one, the one of the base, or a gap. */
  readonly duplicateBundle: 'newer' | 'keep' | 'block';
  /** Takes the incoming default channel where it differs. */
  readonly acceptDefaultChannel: boolean;
  /** What becomes of a package in which some version loses its way to the head. */
  readonly strandedUpgrades: 'off' | 'warn' | 'block';
  /** The OpenShift that the catalog is for; null or absent where nobody says. */
  readonly openshift?: OpenShiftVersion | null;
  /** How a person runs this merge, for hints; default `olmirror merge`. */
  readonly command?: string;
  /** Bridges and the day on which they are judged; none without. */
  readonly declared?: { readonly bridges: readonly DeclaredBridge[]; readonly today: string };
}

export interface ChannelChange {
  readonly channel: string;
  readonly kind: 'added' | 'updated';
  readonly oldHead: ChannelHead | null;
  readonly newHead: ChannelHead | null;
}

/** What the merge did with one package. */
export interface PackageChange {
  readonly package: string;
  /**
   * `kept`: not delivered, stays as it was. `blocked`: a gap keeps it as it was. `excluded`: nothing
   * is left of it.
   */
  readonly kind: 'added' | 'updated' | 'unchanged' | 'kept' | 'blocked' | 'excluded';
  /** Only the channels that changed. */
  readonly channels: readonly ChannelChange[];
  readonly bundlesAdded: readonly string[];
  /** Same name, content of the delivery. */
  readonly bundlesReplaced: readonly string[];
  /** Those of the replaced bundles that now name other images. */
  readonly bundlesRereleased: readonly BundleRerelease[];
  /** Bundles that say the same in the form of the delivery; they are not among the replaced ones. */
  readonly bundlesMigrated: readonly BundleMigration[];
  /** Null where it stays. */
  readonly defaultChannel: { readonly before: string; readonly after: string } | null;
  /** One with another message stands in both lists. */
  readonly deprecationsAdded: readonly DeprecationEntry[];
  readonly deprecationsRemoved: readonly DeprecationEntry[];
}

/** A version that could reach the head of its channel, and would not any more. */
export interface CutOff {
  readonly name: string;
  /** Empty where it is not known. */
  readonly version: string;
  /** Every way to get it on. */
  readonly bridges: readonly Bridge[];
}

/** What a gap in a graph cuts off, and what would bridge it. */
export interface GapPaths {
  /** The head that they are cut off from; null where the channel would have none. */
  readonly head: ChannelHead | null;
  /** In byte order of the names. */
  readonly cutOff: readonly CutOff[];
  /** Versions that no name stands for and a `skipRange` held, as ranges. */
  readonly ranges: readonly string[];
  /** Edges that, declared in `bridges.yaml`, would let the package merge: tried, not guessed. */
  readonly proposal: readonly BridgeEdges[];
}

/** Why a package could not be merged; it stays exactly as the base had it. */
export interface Gap {
  readonly kind:
    | 'several-heads'
    | 'no-head'
    | 'cycle'
    | 'stranded'
    | 'upgrade-lost'
    | 'duplicate-bundle'
    | 'bad-bridge'
    | 'invalid';
  readonly package: string;
  readonly channel: string | null;
  /** A full sentence. */
  readonly message: string;
  readonly hint: string;
  /** Bundles that are cut off, or that have two contents. */
  readonly bundles: readonly string[];
  /** Bundles that entries replace but neither side brings, and that would bridge the gap. */
  readonly bridges: readonly string[];
  /** For `duplicate-bundle`: what the delivery has in place of the catalog's images. */
  readonly rerelease?: BundleRerelease;
  /** Only of a gap in a graph. */
  readonly paths?: GapPaths;
}

/** Something that the merge decided and a person should know. */
export interface MergeNote {
  readonly kind:
    | 'older-delivery'
    | 'default-channel-kept'
    | 'bundle-taken'
    | 'bundle-kept'
    | 'custom-dropped'
    | 'deprecation-dropped'
    | 'deprecation-kept'
    | 'max-openshift'
    | 'min-kubernetes'
    | 'skips-added'
    | 'upgrade-lost'
    | 'excluded'
    | 'exclude-idle'
    | 'exclude-expired'
    | 'default-channel-changed'
    | 'range-lost'
    | 'bridge-applied'
    | 'bridge-idle'
    | 'bridge-expired'
    | 'bridge-unused';
  /** Empty for content that belongs to no package. */
  readonly package: string;
  readonly channel: string | null;
  readonly bundle: string | null;
  readonly message: string;
  /** What to do where it is not wanted so. */
  readonly hint?: string;
  /** For `bundle-taken` and `bundle-kept`: the catalog's images before, the delivery's after. */
  readonly rerelease?: BundleRerelease;
}

export interface MergeResult {
  readonly catalog: Catalog;
  /** One for each package of either side, in byte order. */
  readonly changes: readonly PackageChange[];
  readonly gaps: readonly Gap[];
  readonly notes: readonly MergeNote[];
}

/** Two sides of one thing in both catalogs. */
export interface Sides<T> {
  readonly base: T;
  readonly incoming: T;
}

/** The package that a merge works on, with what was found so far. */
export interface PackageMerge {
  readonly sides: Sides<CatalogPackage>;
  /** Who wins a conflict: the base where the delivery is older. */
  readonly winner: 'base' | 'incoming';
  readonly options: MergeOptions;
  readonly gaps: Gap[];
  readonly notes: MergeNote[];
}
