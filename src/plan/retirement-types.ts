/** `olmirror retire --format json`. */
export interface CatalogRetirement {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'CatalogRetirement';
  readonly catalog: string;
  /** Production's. */
  readonly host: string;
  /** Of its index in production, with path prefix. */
  readonly repository: string;
  readonly tag: string;
  /** By which clusters see the catalog; at least one. */
  readonly catalogSources: readonly { readonly name: string; readonly namespace: string }[];
  /** Clusters that `in-use.yaml` lists; null without that file. */
  readonly clusters: number | null;
  /** Subscriptions and ClusterExtensions among the objects that were read. */
  readonly followers: number;
  readonly users: readonly CatalogUser[];
  /** What of the objects could not be read. */
  readonly unclear: readonly string[];
  /** What was removed or changed; what would be in a dry run, or without what stands in the way. */
  readonly files: readonly string[];
  /** Objects below `cluster/` that serve the catalog and that people wrote: they stay. */
  readonly left: readonly string[];
  /** Catalogs whose list of known missing took over images that only this catalog's has. */
  readonly debts: readonly { readonly catalog: string; readonly images: number }[];
  readonly refused: 'in-use' | 'unknown' | null;
  /** Not all was known of clusters, and `--force` was given. */
  readonly forced: boolean;
  readonly dryRun: boolean;
  readonly exitCode: 0 | 4;
}

/** A Subscription or ClusterExtension that follows the catalog. */
export interface CatalogUser {
  /** As `in-use.yaml` names it; null for an object. */
  readonly cluster: string | null;
  /** Of the object; null for a line of `in-use.yaml`. */
  readonly file: string | null;
  readonly seen: string | null;
  /** `Subscription namespace/name`, `ClusterExtension name`. */
  readonly user: string;
  readonly package: string;
  /** What is installed; null where nothing is, or where that is not known. */
  readonly bundle: string | null;
  /** CatalogSource or ClusterCatalog that it names; null where none is named. */
  readonly source: string | null;
  /** Why it counts though it names no object of the catalog; null where it does. */
  readonly why: string | null;
  /** What to do; a sentence. */
  readonly advice: string;
}
