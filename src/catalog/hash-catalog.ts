import { type Digest, digestOf } from '../base/digest.ts';
import { type OncePer, oncePer } from '../base/once-per.ts';
import { findPlainText, noteRendered, noteRendering } from './blob-text.ts';
import { listPackageBlobs } from './build-catalog.ts';
import { formatOpmJson } from './format-json.ts';
import { isOpmText } from './opm-text.ts';
import { createTextSheet } from './text-sheet.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

/**
 * Hash of what a catalog says: file layout, order of blobs, order of keys, spelling of known keys
 * and indentation do not count; numbers count by their text, lists by their order.
 */
export function hashCatalog(
  catalog: Catalog,
  hashOf: (pkg: CatalogPackage) => Digest = hashPackage,
): Digest {
  const packages = [...catalog.packages.values()].map(hashOf);
  return digestOf([...packages, hashBlobs(catalog.loose)].toSorted().join('\n'));
}

/** The part of one package, for `hashOf` to remember. */
export function hashPackage(pkg: CatalogPackage): Digest {
  return hashBlobs(listPackageBlobs(pkg));
}

function hashBlobs(blobs: readonly Blob[]): Digest {
  return digestOf(blobs.map(hashBlob).toSorted().join('\n'));
}

/** Hash of what one blob says, as it counts in the catalog's; computed once. */
export const hashBlob: OncePer<Blob, Digest> = oncePer((blob) => {
  const read = findPlainText(blob);
  if (read !== null && isOpmText(read, blob.value, blob.schema)) {
    noteRendered(blob);
    return digestOf(read);
  }
  const text = formatOpmJson(blob.value, blob.schema);
  SHEET.clear();
  const rendering = SHEET.look(SHEET.write(text));
  noteRendering(blob, rendering);
  return digestOf(rendering);
});

const SHEET = createTextSheet();
