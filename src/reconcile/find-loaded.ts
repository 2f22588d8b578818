import type { WantedIndex } from '../plan/types.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';

/** The catalog that an index is built of. */
export function findLoaded(
  state: Pick<LoadedState, 'catalogs'>,
  wanted: Pick<WantedIndex, 'catalog'>,
): LoadedCatalog {
  const loaded = state.catalogs.find((candidate) => candidate.entry.name === wanted.catalog);
  if (loaded === undefined) throw new Error(`Catalog ${wanted.catalog} is not in the manifest.`);
  return loaded;
}
