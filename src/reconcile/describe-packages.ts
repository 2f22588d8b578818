import { diffCatalogs } from '../catalog/diff-catalogs.ts';
import type { Catalog } from '../catalog/types.ts';
import type { PackagePlan } from '../plan/types.ts';

/** What users see change, package by package, when one catalog is served after another. */
export function describePackages(before: Catalog, after: Catalog): readonly PackagePlan[] {
  return diffCatalogs(before, after).packages.map((change) => ({
    package: change.package,
    change: change.kind,
    channels: change.channels.map((channel) => ({
      channel: channel.channel,
      old: channel.oldHead?.name ?? null,
      new: channel.newHead?.name ?? null,
    })),
    bundlesAdded: change.bundlesAdded,
    bundlesRemoved: change.bundlesRemoved,
  }));
}
