import { type Digest, digestOf } from '../base/digest.ts';
import { hashBlob } from '../catalog/hash-catalog.ts';
import { orderBlobs } from '../catalog/render-catalog.ts';
import type { Catalog, CatalogPackage } from '../catalog/types.ts';
import type { CacheChoice } from './build-group.ts';
import type { Compression } from './compress-layer.ts';
import { findGroup, sortGroups } from './group-packages.ts';

/** What decides about layers besides what they hold. */
export interface LayerForm {
  readonly cache: CacheChoice;
  readonly compression: Compression;
}

/** The packages of one layer, in the order of the catalog. */
export interface PackageGroup {
  /** As `findGroup` gives it. */
  readonly name: string;
  /** What the layer is remembered by. */
  readonly key: Digest;
  readonly packages: readonly CatalogPackage[];
}

/** The packages of a catalog by their layers, in the order of these. */
export function groupPackages(catalog: Catalog, form: LayerForm): readonly PackageGroup[] {
  const groups = new Map<string, { readonly name: string; readonly packages: CatalogPackage[] }>();
  for (const pkg of catalog.packages.values()) {
    if (pkg.name === '') continue;
    const name = findGroup(pkg.name);
    const group = groups.get(name) ?? { name, packages: [] };
    group.packages.push(pkg);
    groups.set(name, group);
  }
  return sortGroups(groups).map((group) => ({ ...group, key: keyOfGroup(group.packages, form) }));
}

/**
 * Part of what layers are remembered by. To be raised with every change of what is put into a layer
 * of the same packages: of a path, a mode, a byte of the cache, or how a tar is written and cut.
 */
const BUILDER = 'layers 5';

function keyOf({ cache, compression }: LayerForm, ...subject: readonly unknown[]): Digest {
  return digestOf(JSON.stringify([BUILDER, cache, compression, ...subject]));
}

function keyOfGroup(packages: readonly CatalogPackage[], form: LayerForm): Digest {
  return keyOf(form, 'group', ...packages.flatMap(listHashes));
}

/** What the list of a group's layers is remembered by, whatever its packages say. */
export function keyOfList(groupName: string, form: LayerForm): Digest {
  return keyOf(form, 'list', groupName);
}

/** A key that says all that decides about what a package puts into its layer. */
export function keyOfPackage(pkg: CatalogPackage, form: LayerForm): Digest {
  return keyOf(form, 'package', ...listHashes(pkg));
}

// The order in which blobs are written counts, which the hash of a package does not see.
function listHashes(pkg: CatalogPackage): readonly string[] {
  return [pkg.name, ...orderBlobs(pkg).map(hashBlob)];
}

/** What the last layer is remembered by, which says something of all packages. */
export function keyOfShared(
  catalog: Catalog,
  groups: readonly PackageGroup[],
  form: LayerForm,
): Digest {
  const { packages, loose } = listRest(catalog);
  const blobs = [...packages.values()].flatMap((pkg) => orderBlobs(pkg).map(hashBlob));
  const rest = [blobs, loose.map(hashBlob), groups.map(({ key }) => key)];
  return keyOf(form, 'shared', ...rest);
}

/** What belongs to no package. */
export function listRest(catalog: Catalog): Catalog {
  const nameless = catalog.packages.get('');
  return { packages: new Map(nameless && [['', nameless]]), loose: catalog.loose };
}
