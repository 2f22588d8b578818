import { Buffer } from 'node:buffer';
import { compareBytes } from '../base/text.ts';
import { findRendering, findTextSize } from './blob-text.ts';
import { compareNames } from './build-catalog.ts';
import { formatOpmJson } from './format-json.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

/** File name of each part of a catalog as written. */
const CATALOG_FILE = 'catalog.json';

/** Whether a package of this name may have a folder beside the files of a catalog. */
export function isFolderName(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,199}$/i.test(name) && !/^catalog[-.]/.test(name);
}

/**
 * The files of a catalog folder, by path: `<package>/catalog.json`, and `catalog.json` for blobs
 * without a package; each is rendered when it is asked for, since together they may be large. Text
 * that opm rendered comes out with the same bytes; unknown fields and the texts of numbers stay.
 */
export function listCatalogFiles(catalog: Catalog): ReadonlyMap<string, () => Uint8Array> {
  const files = new Map<string, () => Uint8Array>();
  for (const pkg of catalog.packages.values())
    if (pkg.name !== '')
      files.set(`${pkg.name}/${CATALOG_FILE}`, () => renderBlobs(orderBlobs(pkg)));
  const nameless = catalog.packages.get('');
  const top = [...(nameless === undefined ? [] : orderBlobs(nameless)), ...catalog.loose];
  if (top.length > 0) files.set(CATALOG_FILE, () => renderBlobs(top));
  return files;
}

const LINE_FEED = Buffer.from('\n');

function renderBlobs(blobs: readonly Blob[]): Uint8Array {
  return Buffer.concat(blobs.flatMap((blob) => [renderBlob(blob), LINE_FEED]));
}

function renderBlob(blob: Blob): Uint8Array {
  return findRendering(blob) ?? Buffer.from(formatOpmJson(blob.value, blob.schema));
}

/** The blobs of a package in the order in which opm writes them. */
export function orderBlobs(pkg: CatalogPackage): readonly Blob[] {
  const others = pkg.others.toSorted((a, b) => compareBytes(a.schema, b.schema));
  return [
    ...pkg.packages,
    ...pkg.channels.toSorted(compareNames),
    ...pkg.bundles.toSorted(compareNames),
    ...others,
    ...pkg.deprecations,
  ];
}

/** About how many bytes the file of a package has; nothing is rendered for it. */
export function estimateSize(pkg: CatalogPackage): number {
  return orderBlobs(pkg).reduce((sum, blob) => sum + (findTextSize(blob) ?? USUAL), 0);
}

/** Bytes of a blob that was no JSON of opm's. */
const USUAL = 10_000;
