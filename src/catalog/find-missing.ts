import type { Catalog } from './types.ts';

/** What one catalog names and another lacks. */
export interface MissingContent {
  /** Package names, in byte order. */
  readonly packages: readonly string[];
  /** `<package>/<bundle>`, those of missing packages included. */
  readonly bundles: readonly string[];
}

/** Lists the packages and bundles of `wanted` that `have` does not name. */
export function findMissing(have: Catalog, wanted: Catalog): MissingContent {
  const packages = [...wanted.packages.values()];
  const bundles = packages.flatMap((pkg) => {
    const known = new Set(have.packages.get(pkg.name)?.bundles.map((bundle) => bundle.name));
    return pkg.bundles
      .filter((bundle) => !known.has(bundle.name))
      .map((bundle) => formatBundleKey(bundle));
  });
  const missing = packages.map((pkg) => pkg.name).filter((name) => !have.packages.has(name));
  return { packages: missing, bundles: [...new Set(bundles)] };
}

/** The name by which a bundle is told apart in a catalog: `<package>/<bundle>`. */
export function formatBundleKey(bundle: {
  readonly package: string;
  readonly name: string;
}): string {
  return `${bundle.package}/${bundle.name}`;
}
