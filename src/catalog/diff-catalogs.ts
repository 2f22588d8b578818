import { compareBytes } from '../base/text.ts';
import {
  type DeprecationEntry,
  formatBundleVersion,
  readBundleVersion,
  readDefaultChannel,
  readDeprecations,
  readEntries,
} from './blob-fields.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import { isSameContent } from './same-content.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

/** Head of a channel: the bundle's name and its version, empty where the bundle is not there. */
export interface ChannelHead {
  readonly name: string;
  readonly version: string;
}

export interface ChannelDiff {
  readonly channel: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Null where the channel is not there or has no single head. */
  readonly oldHead: ChannelHead | null;
  readonly newHead: ChannelHead | null;
  readonly entriesAdded: readonly string[];
  readonly entriesRemoved: readonly string[];
}

export interface PackageDiff {
  readonly package: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Only the channels that differ, in byte order. */
  readonly channels: readonly ChannelDiff[];
  readonly bundlesAdded: readonly string[];
  readonly bundlesRemoved: readonly string[];
  /** Same name, other content. */
  readonly bundlesChanged: readonly string[];
  /** Null where it is the same; empty text where there is none. */
  readonly defaultChannel: { readonly before: string; readonly after: string } | null;
  readonly deprecationsAdded: readonly DeprecationEntry[];
  readonly deprecationsRemoved: readonly DeprecationEntry[];
  /** Description, icon, custom schemas or other content differ. */
  readonly otherChanges: boolean;
}

export interface CatalogDiff {
  /** Only the packages that differ, in byte order. */
  readonly packages: readonly PackageDiff[];
  /** Blobs that belong to no package differ. */
  readonly looseChanged: boolean;
}

/** What changed between two catalogs in an operator's terms; empty where only order or form differ. */
export function diffCatalogs(before: Catalog, after: Catalog): CatalogDiff {
  const names = [...new Set([...before.packages.keys(), ...after.packages.keys()])].toSorted(
    compareBytes,
  );
  const packages = names.map((name) =>
    diffPackage(before.packages.get(name), after.packages.get(name)),
  );
  return {
    packages: packages.filter((diff) => diff !== null),
    looseChanged: !isSameList(before.loose, after.loose),
  };
}

const NO_PACKAGE: CatalogPackage = {
  name: '',
  packages: [],
  channels: [],
  bundles: [],
  deprecations: [],
  others: [],
};

/** As `diffCatalogs`, for one package; null where nothing differs. */
export function diffPackage(
  before: CatalogPackage | undefined,
  after: CatalogPackage | undefined,
): PackageDiff | null {
  if (before === after) return null;
  const [old, fresh] = [before ?? NO_PACKAGE, after ?? NO_PACKAGE];
  const diff: PackageDiff = {
    package: (after ?? old).name,
    kind: kindOf(before, after),
    channels: diffChannels(old, fresh),
    ...diffBundles(old.bundles, fresh.bundles),
    defaultChannel: diffDefaultChannel(old, fresh),
    ...diffDeprecations(old, fresh),
    otherChanges:
      !isSameList(old.packages, fresh.packages) || !isSameList(old.others, fresh.others),
  };
  return diff.kind !== 'changed' || hasChanges(diff) ? diff : null;
}

function kindOf(before: unknown, after: unknown): 'added' | 'removed' | 'changed' {
  if (before === undefined) return 'added';
  return after === undefined ? 'removed' : 'changed';
}

function hasChanges(diff: PackageDiff): boolean {
  const lists = [
    diff.channels,
    diff.bundlesAdded,
    diff.bundlesRemoved,
    diff.bundlesChanged,
    diff.deprecationsAdded,
    diff.deprecationsRemoved,
  ];
  return diff.otherChanges || diff.defaultChannel !== null || lists.some((list) => list.length > 0);
}

function diffChannels(old: CatalogPackage, fresh: CatalogPackage): readonly ChannelDiff[] {
  const before = new Map(old.channels.map((channel) => [channel.name, channel]));
  const after = new Map(fresh.channels.map((channel) => [channel.name, channel]));
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareBytes);
  return names.flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    if (from !== undefined && to !== undefined && isSameContent(from, to)) return [];
    const oldNames = namesOf(from);
    const newNames = namesOf(to);
    return [
      {
        channel: name,
        kind: kindOf(from, to),
        oldHead: from === undefined ? null : readHead(old, from),
        newHead: to === undefined ? null : readHead(fresh, to),
        entriesAdded: newNames.filter((entry) => !oldNames.includes(entry)),
        entriesRemoved: oldNames.filter((entry) => !newNames.includes(entry)),
      },
    ];
  });
}

function namesOf(channel: Blob | undefined): readonly string[] {
  return channel === undefined ? [] : readEntries(channel).map((entry) => entry.name);
}

/** The single head of a channel with its version, or null. */
export function readHead(pkg: CatalogPackage, channel: Blob): ChannelHead | null {
  const name = findHead(buildChannelGraph(readEntries(channel)));
  if (name === null) return null;
  const bundle = pkg.bundles.find((candidate) => candidate.name === name);
  return {
    name,
    version: bundle === undefined ? '' : formatBundleVersion(readBundleVersion(bundle)),
  };
}

function diffBundles(
  before: readonly Blob[],
  after: readonly Blob[],
): Pick<PackageDiff, 'bundlesAdded' | 'bundlesRemoved' | 'bundlesChanged'> {
  const old = new Map(before.map((bundle) => [bundle.name, bundle]));
  const fresh = new Map(after.map((bundle) => [bundle.name, bundle]));
  const changed = [...fresh].filter(([name, bundle]) => {
    const same = old.get(name);
    return same !== undefined && !isSameContent(same, bundle);
  });
  return {
    bundlesAdded: [...fresh.keys()].filter((name) => !old.has(name)),
    bundlesRemoved: [...old.keys()].filter((name) => !fresh.has(name)),
    bundlesChanged: changed.map(([name]) => name),
  };
}

function diffDefaultChannel(
  old: CatalogPackage,
  fresh: CatalogPackage,
): PackageDiff['defaultChannel'] {
  const [before, after] = [readDefaultChannel(old), readDefaultChannel(fresh)];
  return before === after ? null : { before, after };
}

function diffDeprecations(
  old: CatalogPackage,
  fresh: CatalogPackage,
): Pick<PackageDiff, 'deprecationsAdded' | 'deprecationsRemoved'> {
  const before = old.deprecations.flatMap(readDeprecations);
  const after = fresh.deprecations.flatMap(readDeprecations);
  return {
    deprecationsAdded: listOnlyIn(after, before),
    deprecationsRemoved: listOnlyIn(before, after),
  };
}

function listOnlyIn(
  list: readonly DeprecationEntry[],
  other: readonly DeprecationEntry[],
): readonly DeprecationEntry[] {
  return list.filter(
    (entry) =>
      !other.some(
        (same) =>
          same.schema === entry.schema &&
          same.name === entry.name &&
          same.message === entry.message,
      ),
  );
}

function isSameList(before: readonly Blob[], after: readonly Blob[]): boolean {
  if (before.length !== after.length) return false;
  const left = [...after];
  return before.every((blob) => {
    const index = left.findIndex((candidate) => isSameContent(blob, candidate));
    if (index !== -1) left.splice(index, 1);
    return index !== -1;
  });
}
