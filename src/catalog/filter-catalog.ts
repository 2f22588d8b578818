import { compareBytes } from '../base/text.ts';
import { readVersions } from './blob-fields.ts';
import { joinCatalog } from './build-catalog.ts';
import { buildChannelWays, type ChannelWays, closeChannel } from './close-channel.ts';
import { describeReduction } from './describe-reduction.ts';
import type {
  FilterOptions,
  FilterResult,
  PackageFilter,
  PackageSelection,
  SelectionMiss,
} from './filter-types.ts';
import { findUnmet } from './find-unmet.ts';
import { reduceChannel } from './reduce-channel.ts';
import { missPackage, type Picked, pickContent, suggest } from './select-content.ts';
import { settlePackage } from './settle-package.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';
import { buildUpgradeGraphs } from './upgrade-graph.ts';

/**
 * Reduces a catalog to what is selected and the way up from there.
 *
 * In every channel that is kept, the head stays, and so does every entry through which OLM would
 * take a kept bundle to it (`closeChannel`); a bundle that one channel needs for its path counts in
 * all of them. What `reduceChannel` does to edges neither allows a hop between kept versions that
 * the input did not allow, nor takes one away. So a valid catalog gives a valid one, with one head a
 * channel; every kept version reaches each head that it reached before; filtering again changes
 * nothing; selecting everything gives the identical blobs; the order of selections does not count.
 *
 * Bundles and the custom blobs of kept packages stay as they are, and so do blobs without a package.
 * Deprecations of what is gone go. Where the default channel goes, another one takes its place
 * (`settlePackage`), which the result says.
 */
export function filterCatalog(catalog: Catalog, options: FilterOptions): FilterResult {
  const misses: SelectionMiss[] = [];
  const reduced: { readonly pkg: CatalogPackage; readonly change: PackageFilter }[] = [];
  for (const [name, selections] of groupSelections(options.packages)) {
    const pkg = catalog.packages.get(name);
    if (pkg === undefined) misses.push(missPackage(name, catalog));
    else {
      const wanted = options.defaultChannels.get(name) ?? null;
      const kept = filterPackage(pkg, { selections, defaultChannel: wanted }, misses);
      if (kept !== null) reduced.push(kept);
    }
  }
  for (const name of options.defaultChannels.keys())
    if (!reduced.some(({ pkg }) => pkg.name === name)) misses.push(missKept(name, reduced));
  const result = joinCatalog(
    reduced.map(({ pkg }) => pkg),
    catalog.loose,
  );
  const names = [...result.packages.keys()];
  return {
    catalog: result,
    packages: names.flatMap((name) => reduced.find(({ pkg }) => pkg.name === name)?.change ?? []),
    packagesDropped: [...catalog.packages.keys()].filter((name) => !result.packages.has(name)),
    unmet: findUnmet(result, catalog),
    misses,
  };
}

function missKept(
  name: string,
  reduced: readonly { readonly pkg: CatalogPackage }[],
): SelectionMiss {
  return {
    package: name,
    message: `A default channel is given for ${name}, of which nothing is selected.`,
    hint: suggest(
      name,
      reduced.map(({ pkg }) => pkg.name),
    ),
  };
}

function groupSelections(
  selections: readonly PackageSelection[],
): ReadonlyMap<string, readonly PackageSelection[]> {
  const names = [...new Set(selections.map((selection) => selection.package))];
  return new Map(
    names
      .toSorted(compareBytes)
      .map((name) => [name, selections.filter((selection) => selection.package === name)]),
  );
}

interface PackageWish {
  readonly selections: readonly PackageSelection[];
  readonly defaultChannel: string | null;
}

function filterPackage(
  pkg: CatalogPackage,
  wish: PackageWish,
  misses: SelectionMiss[],
): { readonly pkg: CatalogPackage; readonly change: PackageFilter } | null {
  const picked = pickContent(pkg, wish.selections, misses);
  if (picked.size === 0) return null;
  const versions = readVersions(pkg);
  const kept = closePackage(pkg, picked);
  const channels = pkg.channels.flatMap((channel): readonly Blob[] => {
    const entries = kept.get(channel.name);
    return entries === undefined ? [] : [reduceChannel(channel, entries, versions)];
  });
  const settled = settlePackage(pkg, channels, wish.defaultChannel);
  if (settled.miss !== null) misses.push(settled.miss);
  const selected = new Set([...picked.values()].flatMap((names) => [...names]));
  return { pkg: settled.pkg, change: describeReduction(pkg, settled, selected) };
}

/** For each kept channel its kept entries; what one keeps counts as wanted in the others. */
function closePackage(
  pkg: CatalogPackage,
  picked: Picked,
): ReadonlyMap<string, ReadonlySet<string>> {
  const ways = listWays(pkg, picked);
  const kept = new Map<string, ReadonlySet<string>>();
  const all = new Set([...picked.values()].flatMap((names) => [...names]));
  for (let size = -1; size !== all.size; ) {
    size = all.size;
    for (const way of ways) {
      const closed = closeChannel(way, all);
      kept.set(way.channel.name, closed);
      for (const name of closed) all.add(name);
    }
  }
  return kept;
}

function listWays(pkg: CatalogPackage, picked: Picked): readonly ChannelWays[] {
  const versions = readVersions(pkg);
  const graphs = new Map(buildUpgradeGraphs(pkg).map((graph) => [graph.channel, graph]));
  return pkg.channels.flatMap((channel) => {
    const graph = graphs.get(channel.name);
    return !picked.has(channel.name) || graph === undefined
      ? []
      : [buildChannelWays(channel, graph, versions)];
  });
}
