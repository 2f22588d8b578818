import type { ChannelHead } from './diff-channels.ts';
import type { Catalog } from './types.ts';

/**
 * What to keep of one package; several of one package add up. With neither versions nor bundles the
 * channels are kept whole.
 */
export interface PackageSelection {
  readonly package: string;
  /** Null for every channel or, where versions or bundles are named, for those that have one. */
  readonly channels: readonly string[] | null;
  /** Range as blang/semver reads it; null for none. */
  readonly versions: string | null;
  /** Exact names; null for none. */
  readonly bundles: readonly string[] | null;
}

export interface FilterOptions {
  readonly packages: readonly PackageSelection[];
  /** Package → default channel that it shall have. */
  readonly defaultChannels: ReadonlyMap<string, string>;
}

/** Something selected that the catalog does not have. */
export interface SelectionMiss {
  readonly package: string;
  /** A full sentence. */
  readonly message: string;
  /** What was probably meant, or what there is. */
  readonly hint: string;
}

export interface ChannelFilter {
  readonly channel: string;
  /** Null where it has no single head. */
  readonly head: ChannelHead | null;
  /** Entries. */
  readonly kept: number;
  readonly dropped: number;
}

export interface PackageFilter {
  readonly package: string;
  readonly channels: readonly ChannelFilter[];
  readonly channelsDropped: readonly string[];
  /** Names of bundles. */
  readonly bundlesKept: readonly string[];
  /** Those of the kept ones that were not selected: the path to a head needs them. */
  readonly bundlesForPath: readonly string[];
  readonly bundlesDropped: readonly string[];
  /** Deprecations of what is gone. */
  readonly deprecationsDropped: number;
  readonly defaultChannel: { readonly before: string; readonly after: string };
}

/** What a kept bundle requires and nothing in the result provides. */
export interface UnmetRequirement {
  readonly package: string;
  readonly bundle: string;
  readonly kind: 'package' | 'gvk' | 'cel';
  /** Package and range, the API as `Kind.version.group`, or a rule in CEL. */
  readonly requires: string;
  /** Packages of the input that provide it. */
  readonly providers: readonly string[];
}

export interface FilterResult {
  readonly catalog: Catalog;
  /** The kept packages, in byte order. */
  readonly packages: readonly PackageFilter[];
  readonly packagesDropped: readonly string[];
  readonly unmet: readonly UnmetRequirement[];
  /** Where there is one, the catalog holds what was found of the rest. */
  readonly misses: readonly SelectionMiss[];
}
