import type { CatalogPackage } from './types.ts';

/** Something that must not be in the catalog, whatever is delivered. */
export interface ContentExclusion {
  readonly package: string;
  /** Null, like `bundle`, where the whole package is meant. */
  readonly channel: string | null;
  readonly bundle: string | null;
  readonly reason: string;
  /** Where it is declared, as people are told. */
  readonly place: string;
}

/** A package without what is excluded of it. */
export interface ExcludedPackage {
  /** Undefined where nothing is left. */
  readonly pkg: CatalogPackage | undefined;
  /** What went, with the exclusion that asked for it. */
  readonly taken: readonly TakenContent[];
}

export interface TakenContent {
  readonly exclusion: ContentExclusion;
  /** Names of bundles that are nowhere in the package any more. */
  readonly bundles: readonly string[];
  /** Channels that are gone. */
  readonly channels: readonly string[];
}
