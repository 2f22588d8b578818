import type { UnmetRequirement } from './filter-types.ts';
import {
  formatNeeded,
  isMet,
  listContents,
  listNeeds,
  type Need,
  type NeededContent,
} from './list-needs.ts';
import type { Catalog, CatalogPackage } from './types.ts';

/**
 * What bundles of `result` require (`olm.package.required`, `olm.gvk.required`, `olm.constraint`) and nothing in it
 * provides, nor in `beside`; OLM would not install them. `source` is where it came from, and says who would.
 */
export function findUnmet(
  result: Catalog,
  source: Catalog,
  beside: readonly Catalog[] = [],
): readonly UnmetRequirement[] {
  const places = [result, ...beside];
  const unmet: UnmetRequirement[] = [];
  const known = new Map<string, Lack | null>();
  function findLack(need: Need): Lack | null {
    if (isMet(need, (content) => places.some((it) => findProviding(it, content) !== null)))
      return null;
    return describeLack(need, source);
  }
  for (const bundle of [...result.packages.values()].flatMap((pkg) => pkg.bundles))
    for (const need of listNeeds(bundle)) {
      const before = known.get(need.key);
      const lack = before === undefined ? findLack(need) : before;
      known.set(need.key, lack);
      if (lack !== null) unmet.push({ package: bundle.package, bundle: bundle.name, ...lack });
    }
  return unmet;
}

type Lack = Omit<UnmetRequirement, 'package' | 'bundle'>;

/** The first package of a catalog that has a bundle which provides what is needed; null for none. */
export function findProviding(catalog: Catalog, content: NeededContent): CatalogPackage | null {
  const { package: name } = content;
  const named = name === null ? undefined : catalog.packages.get(name);
  const packages = name === null ? [...catalog.packages.values()] : [named];
  return packages.find((pkg) => pkg?.bundles.some((it) => content.provides(it)) === true) ?? null;
}

function describeLack(need: Need, source: Catalog): Lack {
  const contents = listContents(need);
  const providers = [...source.packages.values()].filter((pkg) =>
    contents.some((content) => pkg.bundles.some((it) => content.provides(it))),
  );
  return {
    kind: contents[0]?.kind ?? 'package',
    requires: formatNeeded(need),
    providers: providers.map(({ name }) => name),
  };
}
