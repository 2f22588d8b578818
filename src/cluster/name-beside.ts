import type { ClusterObject } from './read-objects.ts';
import { nameCatalogSource, type ServedIndex } from './render-catalog-source.ts';

type NamedSource = ServedIndex['catalogSource'];

/**
 * Names a CatalogSource for a new catalog, in a namespace, so that neither it nor its ClusterCatalog is one that other
 * catalogs or objects have.
 */
export function nameBeside(
  catalog: string,
  namespace: string,
  taken: { readonly sources: readonly NamedSource[]; readonly objects: readonly ClusterObject[] },
): NamedSource {
  const others = taken.objects.filter(
    ({ kind }) => kind === 'CatalogSource' || kind === 'ClusterCatalog',
  );
  const stems = new Set([...taken.sources, ...others].map(({ name }) => stemOf(name)));
  const { name } = nameCatalogSource(catalog);
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!stems.has(stemOf(candidate))) return { name: candidate, namespace };
  }
}

// The ClusterCatalog of cs-a and that of a are both cc-a.
function stemOf(name: string): string {
  return name.replace(/^c[sc]-/, '');
}
