import { compareBytes } from '../base/text.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

type BlobKind = (typeof KINDS)[number];
type OpenPackage = { readonly [kind in BlobKind]: Blob[] } & { readonly name: string };

/**
 * Sorts blobs into packages. Channels and bundles come in byte order of their names, the rest in
 * input order; custom blobs without a package are loose.
 */
export function buildCatalog(blobs: Iterable<Blob>): Catalog {
  const open = new Map<string, OpenPackage>();
  const loose: Blob[] = [];
  for (const blob of blobs) {
    const kind = kindOf(blob.schema);
    if (kind === 'others' && blob.package === '') loose.push(blob);
    else openPackage(open, blob.package)[kind].push(blob);
  }
  const names = [...open.keys()].toSorted(compareBytes);
  return {
    packages: new Map(names.map((name) => [name, closePackage(openPackage(open, name))])),
    loose,
  };
}

/** Orders blobs by the bytes of their names. */
export function compareNames(a: Blob, b: Blob): number {
  return compareBytes(a.name, b.name);
}

/**
 * Every blob of a catalog: package by package, then the loose ones.
 *
 * @internal
 */
export function* listBlobs(catalog: Catalog): Generator<Blob, void, undefined> {
  for (const pkg of catalog.packages.values()) yield* listPackageBlobs(pkg);
  yield* catalog.loose;
}

export function listPackageBlobs(pkg: CatalogPackage): readonly Blob[] {
  return [...pkg.packages, ...pkg.channels, ...pkg.bundles, ...pkg.others, ...pkg.deprecations];
}

/** Joins packages and loose blobs into a catalog; packages come in byte order of their names. */
export function joinCatalog(packages: Iterable<CatalogPackage>, loose: readonly Blob[]): Catalog {
  const sorted = [...packages].toSorted((a, b) => compareBytes(a.name, b.name));
  return { packages: new Map(sorted.map((pkg) => [pkg.name, pkg])), loose };
}

/**
 * The catalog with the package objects of an earlier one wherever a package consists of the same
 * blob objects, so that what follows from a package can be remembered with it.
 */
export function reusePackages(catalog: Catalog, earlier: Catalog): Catalog {
  const packages = [...catalog.packages].map(([name, pkg]) => {
    const known = earlier.packages.get(name);
    return [name, known !== undefined && hasSameBlobs(pkg, known) ? known : pkg] as const;
  });
  return { ...catalog, packages: new Map(packages) };
}

/** Whether two packages consist of the same blob objects in the same order. */
export function hasSameBlobs(a: CatalogPackage, b: CatalogPackage): boolean {
  return a === b || KINDS.every((kind) => isSameList(a[kind], b[kind]));
}

const KINDS = ['packages', 'channels', 'bundles', 'deprecations', 'others'] as const;

function isSameList(a: readonly Blob[], b: readonly Blob[]): boolean {
  return a.length === b.length && a.every((blob, index) => blob === b[index]);
}

function kindOf(schema: string): BlobKind {
  switch (schema) {
    case 'olm.package':
      return 'packages';
    case 'olm.channel':
      return 'channels';
    case 'olm.bundle':
      return 'bundles';
    case 'olm.deprecations':
      return 'deprecations';
    default:
      return 'others';
  }
}

function openPackage(open: Map<string, OpenPackage>, name: string): OpenPackage {
  const known = open.get(name);
  if (known !== undefined) return known;
  const fresh: OpenPackage = {
    name,
    packages: [],
    channels: [],
    bundles: [],
    deprecations: [],
    others: [],
  };
  open.set(name, fresh);
  return fresh;
}

function closePackage(open: OpenPackage): CatalogPackage {
  return {
    ...open,
    channels: open.channels.toSorted(compareNames),
    bundles: open.bundles.toSorted(compareNames),
  };
}
