import { compareBytes } from '../../base/text.ts';
import { compareTreePaths } from '../../base/tree-order.ts';
import type { Catalog, CatalogFile, CatalogPackage } from '../types.ts';
import { renderBundleFiles } from './render-bundles.ts';
import { INDEX_FILE, renderIndex, renderIndexEntry } from './render-index.ts';
import { METAS_FOLDER, renderMetaFiles } from './render-metas.ts';

/**
 * Files of the cache that stand together in the order in which opm walks them: what a package alone
 * decides, blobs with custom schemas, and the index of packages.
 */
export type CacheGroup = (
  | { readonly kind: 'package'; readonly package: CatalogPackage }
  | { readonly kind: 'metas' | 'index' }
) & {
  /** In the order of the walk; rendered as they are asked for, each time anew. */
  readonly files: () => Iterable<CatalogFile>;
};

/**
 * The whole cache of a catalog, in the order in which opm walks it: a group a package, one for
 * custom schemas, where there are any, and the index of packages. `indexEntryOf` may remember what
 * `renderIndexEntry` gave.
 */
export function listCacheGroups(
  catalog: Catalog,
  indexEntryOf: (pkg: CatalogPackage) => string = renderIndexEntry,
): readonly CacheGroup[] {
  const packages = [...catalog.packages.values()].filter(isServed);
  const metas = [...catalog.packages.values()].flatMap((pkg) => pkg.others);
  const customs = [...metas, ...catalog.loose];
  const groups: readonly (readonly [string, CacheGroup])[] = [
    ...packages.map((pkg) => [`${pkg.name}_`, groupOf(pkg)] as const),
    ...(customs.length === 0
      ? []
      : [[METAS_FOLDER, { kind: 'metas', files: () => sortMetas(customs) }] as const]),
    [INDEX_FILE, { kind: 'index', files: () => [indexOf(packages, indexEntryOf)] }],
  ];
  // No name of a package has an underscore, so that what starts with one name and it stands together.
  return groups.toSorted(([a], [b]) => compareBytes(a, b)).map(([, group]) => group);
}

/** A name that only custom objects carry is no package: opm has nothing to serve of it. */
function isServed(pkg: CatalogPackage): boolean {
  return pkg.packages.length > 0;
}

function groupOf(pkg: CatalogPackage): CacheGroup {
  return { kind: 'package', package: pkg, files: () => renderBundleFiles(pkg) };
}

function sortMetas(customs: CatalogPackage['others']): readonly CatalogFile[] {
  return renderMetaFiles(customs).toSorted((a, b) => compareTreePaths(a.path, b.path));
}

function indexOf(
  packages: readonly CatalogPackage[],
  indexEntryOf: (pkg: CatalogPackage) => string,
): CatalogFile {
  const entries = new Map(packages.map((pkg) => [pkg.name, indexEntryOf(pkg)]));
  return { path: INDEX_FILE, bytes: renderIndex(entries) };
}
