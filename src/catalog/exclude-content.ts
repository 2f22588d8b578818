import { readEntries, readVersions } from './blob-fields.ts';
import { joinCatalog } from './build-catalog.ts';
import type { ContentExclusion, ExcludedPackage, TakenContent } from './exclude-types.ts';
import { reduceChannel } from './reduce-channel.ts';
import { settlePackage } from './settle-package.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

/**
 * A package without its excluded channels and bundles; the identical object where it has none of
 * them. Edges are mended as in a filter (`reduceChannel`): a hop over what is gone stays only where
 * `skips` or `skipRange` allow it anyway, so the graph that is left may have a hole, which the merge
 * judges. What no channel names any more goes too. The default channel is settled unless `settle` is
 * false: then it stays as written, though it may be gone.
 */
export function excludeFromPackage(
  pkg: CatalogPackage,
  exclusions: readonly ContentExclusion[],
  settle: boolean,
): ExcludedPackage {
  const own = exclusions.filter((exclusion) => exclusion.package === pkg.name);
  const found = own.filter((exclusion) => names(pkg, exclusion));
  if (found.length === 0) return { pkg, taken: [] };
  const whole = found.some(({ channel, bundle }) => channel === null && bundle === null);
  const channels = whole ? [] : reduceChannels(pkg, found);
  const { pkg: settled } = settlePackage(pkg, channels, null);
  const bundles = new Set(found.map(({ bundle }) => bundle));
  const left = {
    ...settled,
    packages: settle ? settled.packages : pkg.packages,
    bundles: settled.bundles.filter(({ name }) => !bundles.has(name)),
  };
  return {
    pkg: channels.length === 0 ? undefined : left,
    taken: found.map((exclusion) => describeTaken(exclusion, pkg, channels)),
  };
}

/**
 * A delivery without what is excluded. The default channel of a package that `base` has stays as
 * written, since the merge decides about it.
 */
export function excludeFromDelivery(
  delivery: Catalog,
  base: Catalog,
  exclusions: readonly ContentExclusion[],
): { readonly catalog: Catalog; readonly taken: readonly TakenContent[] } {
  if (exclusions.length === 0) return { catalog: delivery, taken: [] };
  const parts = [...delivery.packages.values()].map((pkg) =>
    excludeFromPackage(pkg, exclusions, !base.packages.has(pkg.name)),
  );
  return {
    catalog: joinCatalog(
      parts.flatMap(({ pkg }) => pkg ?? []),
      delivery.loose,
    ),
    taken: parts.flatMap(({ taken }) => taken),
  };
}

function names(pkg: CatalogPackage, { channel, bundle }: ContentExclusion): boolean {
  if (bundle !== null) return pkg.bundles.some(({ name }) => name === bundle);
  return channel === null || pkg.channels.some(({ name }) => name === channel);
}

function reduceChannels(
  pkg: CatalogPackage,
  exclusions: readonly ContentExclusion[],
): readonly Blob[] {
  const channels = new Set(exclusions.map((exclusion) => exclusion.channel));
  const bundles = new Set(exclusions.map((exclusion) => exclusion.bundle));
  const versions = readVersions(pkg);
  return pkg.channels.flatMap((channel): readonly Blob[] => {
    if (channels.has(channel.name)) return [];
    const entries = readEntries(channel).map(({ name }) => name);
    const kept = new Set(entries.filter((name) => !bundles.has(name)));
    // An empty channel that was empty before is a fault of the input, not ours to hide.
    if (kept.size === 0 && entries.length > 0) return [];
    return [reduceChannel(channel, kept, versions)];
  });
}

function describeTaken(
  exclusion: ContentExclusion,
  pkg: CatalogPackage,
  channels: readonly Blob[],
): TakenContent {
  const { channel, bundle } = exclusion;
  const left = new Set(channels.flatMap((it) => readEntries(it).map(({ name }) => name)));
  const mine = pkg.channels.filter((it) => channel === null || it.name === channel);
  const entries = new Set(mine.flatMap((it) => readEntries(it).map(({ name }) => name)));
  const kept = new Set(channels.map(({ name }) => name));
  const gone = mine
    .filter((it) => bundle === null || readEntries(it).some(({ name }) => name === bundle))
    .map(({ name }) => name)
    .filter((name) => !kept.has(name));
  return {
    exclusion,
    bundles: bundle === null ? [...entries].filter((name) => !left.has(name)) : [bundle],
    channels: gone,
  };
}
