export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** One file of a catalog folder; `path` is `/`-separated and relative to the folder. */
export interface CatalogFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** One object of a catalog (a "meta"), with unknown fields and number texts kept. */
export interface Blob {
  readonly schema: string;
  /** Package it belongs to; for `olm.package` its own name; empty for none. */
  readonly package: string;
  readonly name: string;
  /**
   * Parsed content. Numbers that a double cannot give back to the letter are kept as
   * `JSON.rawJSON` objects, so that rewriting loses nothing.
   */
  readonly value: JsonObject;
  readonly file: string;
  /** 1-based line on which the object starts. */
  readonly line: number;
}

export interface CatalogPackage {
  readonly name: string;
  /** Several where the input names a package twice: a fault that validation reports. */
  readonly packages: readonly Blob[];
  readonly channels: readonly Blob[];
  readonly bundles: readonly Blob[];
  readonly deprecations: readonly Blob[];
  /** Custom schemas, in input order. */
  readonly others: readonly Blob[];
}

/** A catalog: packages in byte order of their names, and blobs that belong to none. */
export interface Catalog {
  readonly packages: ReadonlyMap<string, CatalogPackage>;
  readonly loose: readonly Blob[];
}

/** The images that one bundle names, as written. */
export interface BundleImages {
  readonly package: string;
  readonly bundle: string;
  /** Empty where the bundle has none. */
  readonly image: string;
  readonly relatedImages: readonly string[];
  readonly file: string;
  readonly line: number;
}
