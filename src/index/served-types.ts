/** What opm answers about a package. */
export interface ServedPackage {
  readonly name: string;
  readonly defaultChannel: string;
  /** The message; null where it is not deprecated. */
  readonly deprecation: string | null;
  readonly channels: readonly ServedChannel[];
}

export interface ServedChannel {
  readonly name: string;
  readonly head: string;
  readonly deprecation: string | null;
}

/** What opm answers about a bundle in a channel. */
export interface ServedBundle {
  readonly package: string;
  readonly channel: string;
  readonly name: string;
  readonly version: string;
  readonly image: string;
  readonly skipRange: string;
  readonly replaces: string;
  readonly skips: readonly string[];
  /** Its ClusterServiceVersion as JSON; empty where opm leaves it out. */
  readonly csv: string;
  readonly properties: readonly { readonly type: string; readonly value: string }[];
  readonly deprecation: string | null;
}
