import type { DeprecationEntry } from '../catalog/blob-fields.ts';
import { diffCatalogs } from '../catalog/diff-catalogs.ts';
import type { Catalog } from '../catalog/types.ts';
import type { DeprecationPlan, PackagePlan } from '../plan/types.ts';

/** What users see change, package by package, when one catalog is served after another. */
export function describePackages(before: Catalog, after: Catalog): readonly PackagePlan[] {
  return diffCatalogs(before, after).packages.map((change) => ({
    package: change.package,
    change: change.kind,
    defaultChannel: change.defaultChannel,
    channels: change.channels.map((channel) => ({
      channel: channel.channel,
      old: channel.oldHead?.name ?? null,
      new: channel.newHead?.name ?? null,
      oldVersion: channel.oldHead?.version ?? null,
      newVersion: channel.newHead?.version ?? null,
      pathsBroken: channel.pathsBroken,
      pathsOpened: channel.pathsOpened,
    })),
    bundlesAdded: change.bundlesAdded,
    bundlesRemoved: change.bundlesRemoved,
    bundlesRereleased: change.bundlesRereleased.map(({ bundle }) => bundle),
    deprecated: change.deprecationsAdded.map(describeDeprecation),
    undeprecated: change.deprecationsRemoved.map(describeDeprecation),
  }));
}

const SUBJECTS: Readonly<Record<string, string>> = {
  'olm.package': 'package',
  'olm.channel': 'channel',
  'olm.bundle': 'bundle',
};

function describeDeprecation({ schema, name, message }: DeprecationEntry): DeprecationPlan {
  return {
    subject: [SUBJECTS[schema] ?? schema, name].filter((part) => part !== '').join(' '),
    message,
  };
}
