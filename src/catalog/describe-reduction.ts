import { readDefaultChannel, readEntries } from './blob-fields.ts';
import { readHead } from './diff-channels.ts';
import type { ChannelFilter, PackageFilter } from './filter-types.ts';
import type { SettledPackage } from './settle-package.ts';
import type { CatalogPackage } from './types.ts';

/** What a filter kept and dropped of one package; `selected` are the bundles that were asked for. */
export function describeReduction(
  before: CatalogPackage,
  { pkg, deprecationsDropped }: SettledPackage,
  selected: ReadonlySet<string>,
): PackageFilter {
  const left = new Set(pkg.bundles.map((bundle) => bundle.name));
  const channels = new Set(pkg.channels.map((channel) => channel.name));
  return {
    package: pkg.name,
    channels: pkg.channels.map((channel) => describeChannel(before, pkg, channel.name)),
    channelsDropped: before.channels.map(({ name }) => name).filter((name) => !channels.has(name)),
    bundlesKept: [...left],
    bundlesForPath: [...left].filter((name) => !selected.has(name)),
    bundlesDropped: before.bundles.map(({ name }) => name).filter((name) => !left.has(name)),
    deprecationsDropped,
    defaultChannel: { before: readDefaultChannel(before), after: readDefaultChannel(pkg) },
  };
}

function describeChannel(
  before: CatalogPackage,
  after: CatalogPackage,
  name: string,
): ChannelFilter {
  const channel = after.channels.find((candidate) => candidate.name === name);
  const kept = countEntries(after, name);
  return {
    channel: name,
    head: channel === undefined ? null : readHead(after, channel),
    kept,
    dropped: countEntries(before, name) - kept,
  };
}

function countEntries(pkg: CatalogPackage, name: string): number {
  const channel = pkg.channels.find((candidate) => candidate.name === name);
  return channel === undefined ? 0 : readEntries(channel).length;
}
