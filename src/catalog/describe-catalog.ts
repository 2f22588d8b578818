import { readDefaultChannel } from './blob-fields.ts';
import { type ChannelHead, readHead } from './diff-channels.ts';
import type { Catalog, CatalogPackage } from './types.ts';

export interface ChannelSummary {
  readonly channel: string;
  /** Null where the channel has no single head. */
  readonly head: ChannelHead | null;
}

/** What OperatorHub shows of one package. */
export interface PackageSummary {
  readonly package: string;
  readonly defaultChannel: string;
  readonly channels: readonly ChannelSummary[];
  readonly bundles: number;
}

/** One line per package, for tables. */
export function describeCatalog(catalog: Catalog): readonly PackageSummary[] {
  return [...catalog.packages.values()].map(describePackage);
}

function describePackage(pkg: CatalogPackage): PackageSummary {
  return {
    package: pkg.name,
    defaultChannel: readDefaultChannel(pkg),
    channels: pkg.channels.map((channel) => ({
      channel: channel.name,
      head: readHead(pkg, channel),
    })),
    bundles: pkg.bundles.length,
  };
}
