import { join } from 'node:path/posix';
import { listPackageBlobs } from './build-catalog.ts';
import { listCatalogFiles } from './render-catalog.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

/** Changes to the files of a catalog folder; paths relative to it. */
export interface CatalogFileChanges {
  /** Each is rendered when it is asked for. */
  readonly write: ReadonlyMap<string, () => Uint8Array>;
  readonly remove: readonly string[];
}

/**
 * Lists the files to write and to remove so that a folder that holds `before` holds `after`.
 *
 * A package whose blobs are the very same objects keeps its files byte for byte. A package that
 * changed comes as `<package>/catalog.json`, and the files that held it before go; packages that
 * shared such a file are written with it, so that nothing is lost.
 */
export function diffCatalogFiles(before: Catalog, after: Catalog): CatalogFileChanges {
  const changed = new Set(
    [...listNames(before, after)].filter((name) =>
      isChanged(before.packages.get(name), after.packages.get(name)),
    ),
  );
  const looseChanged = !sameBlobs(before.loose, after.loose);
  const touched = closeOverFiles(before, { packages: changed, loose: looseChanged });
  const subject: Catalog = {
    packages: new Map([...after.packages].filter(([name]) => touched.packages.has(name))),
    loose: touched.loose ? after.loose : [],
  };
  const write = listCatalogFiles(subject);
  return { write, remove: [...touched.files].filter((file) => !write.has(file)).toSorted() };
}

interface Touched {
  readonly packages: Set<string>;
  loose: boolean;
}

// A file that holds one changed package is rewritten as a whole, so all that it holds is touched, and their files in turn.
function closeOverFiles(
  before: Catalog,
  start: Touched,
): Touched & { readonly files: ReadonlySet<string> } {
  const files = new Set<string>();
  const packages = new Set(start.packages);
  let { loose } = start;
  for (let size = -1; size !== packages.size + files.size + Number(loose); ) {
    size = packages.size + files.size + Number(loose);
    for (const name of packages)
      for (const blob of listBlobs(before.packages.get(name))) files.add(blob.file);
    if (loose) for (const blob of before.loose) files.add(blob.file);
    for (const name of packages) files.add(join(name, 'catalog.json'));
    for (const [name, entry] of before.packages)
      if (listBlobs(entry).some((blob) => files.has(blob.file))) packages.add(name);
    loose ||= before.loose.some((blob) => files.has(blob.file));
  }
  const existing = new Set(
    [...before.packages.values()]
      .flatMap(listBlobs)
      .map((blob) => blob.file)
      .concat(before.loose.map((blob) => blob.file)),
  );
  return { packages, loose, files: new Set([...files].filter((file) => existing.has(file))) };
}

function* listNames(before: Catalog, after: Catalog): Iterable<string> {
  yield* before.packages.keys();
  for (const name of after.packages.keys()) if (!before.packages.has(name)) yield name;
}

function isChanged(before: CatalogPackage | undefined, after: CatalogPackage | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return !sameBlobs(listBlobs(before), listBlobs(after));
}

function sameBlobs(a: readonly Blob[], b: readonly Blob[]): boolean {
  if (a.length !== b.length) return false;
  const known = new Set(a);
  return b.every((blob) => known.has(blob));
}

function listBlobs(entry: CatalogPackage | undefined): readonly Blob[] {
  return entry === undefined ? [] : listPackageBlobs(entry);
}
