import { listCatalogFiles } from '../../src/catalog/render-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';

/** The files of a catalog folder as texts, by path. */
export function renderCatalogFiles(catalog: Catalog): ReadonlyMap<string, string> {
  return new Map(
    [...listCatalogFiles(catalog)].map(([path, render]) => [
      path,
      Buffer.from(render()).toString(),
    ]),
  );
}
