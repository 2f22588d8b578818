import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { findRealData } from '../support/real-data.ts';

/** The two catalogs of a real pair, by the name of its folder. */
export function readPair(name: string): { readonly old: Catalog; readonly fresh: Catalog } {
  const { path } = findRealData(`pairs/${name}`);
  return { old: readSide(join(path, 'old')), fresh: readSide(join(path, 'new')) };
}

function readSide(folder: string): Catalog {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file), bytes: readFileSync(file) }));
  return parseCatalog(files).catalog;
}
