import type { UnmetRequirement } from './filter-types.ts';
import {
  formatNeeded,
  isMet,
  listContents,
  listNeeds,
  type Need,
  type NeededContent,
} from './list-needs.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

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
  const known = new Map<string, boolean>();
  for (const bundle of [...result.packages.values()].flatMap((pkg) => pkg.bundles))
    for (const need of listNeeds(bundle)) {
      const met =
        known.get(need.key) ??
        isMet(need, (content) => places.some((it) => findProviding(it, content) !== null));
      known.set(need.key, met);
      if (!met) unmet.push(describeUnmet(bundle, need, source));
    }
  return unmet;
}

/** The first package of a catalog that has a bundle which provides what is needed; null for none. */
export function findProviding(catalog: Catalog, content: NeededContent): CatalogPackage | null {
  const { package: name } = content;
  const named = name === null ? undefined : catalog.packages.get(name);
  const packages = name === null ? [...catalog.packages.values()] : [named];
  return packages.find((pkg) => pkg?.bundles.some((it) => content.provides(it)) === true) ?? null;
}

function describeUnmet(bundle: Blob, need: Need, source: Catalog): UnmetRequirement {
  const contents = listContents(need);
  const providers = [...source.packages.values()].filter((pkg) =>
    contents.some((content) => pkg.bundles.some((it) => content.provides(it))),
  );
  return {
    package: bundle.package,
    bundle: bundle.name,
    kind: contents[0]?.kind ?? 'package',
    requires: formatNeeded(need),
    providers: providers.map(({ name }) => name),
  };
}
