import { compareBytes } from '../base/text.ts';
import { type DeprecationEntry, readDefaultChannel, readDeprecations } from './blob-fields.ts';
import { type BundlesDiff, diffBundles } from './diff-bundles.ts';
import { type ChangeKind, type ChannelDiff, diffChannels, kindOf } from './diff-channels.ts';
import { withValue } from './edit-blob.ts';
import { objectOf } from './raw-json.ts';
import { isSameContent } from './same-content.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

export interface PackageDiff extends BundlesDiff {
  readonly package: string;
  readonly kind: ChangeKind;
  /** Only the channels that differ, in byte order. */
  readonly channels: readonly ChannelDiff[];
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
    otherChanges: saysMore(old, fresh),
  };
  return diff.kind !== 'changed' || hasChanges(diff) ? diff : null;
}

function hasChanges(diff: PackageDiff): boolean {
  return diff.bundlesMigrated.length > 0 || saysOtherThings(diff);
}

/** Whether a difference is more than bundles that changed their form: only then users see one. */
export function saysOtherThings(diff: PackageDiff): boolean {
  if (diff.kind !== 'changed') return true;
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

function diffDefaultChannel(
  old: CatalogPackage,
  fresh: CatalogPackage,
): PackageDiff['defaultChannel'] {
  const [before, after] = [readDefaultChannel(old), readDefaultChannel(fresh)];
  return before === after ? null : { before, after };
}

// Values are asked for last: of a package that was not read yet that is to read it.
function saysMore(old: CatalogPackage, fresh: CatalogPackage): boolean {
  if (old.packages.length !== fresh.packages.length) return true;
  if (!isSameList(old.others, fresh.others)) return true;
  return (
    !isSameList(old.packages, fresh.packages) &&
    !isSameList(old.packages.map(dropDefault), fresh.packages.map(dropDefault))
  );
}

// The default channel has a field of its own in the difference.
function dropDefault(blob: Blob): Blob {
  const fields = Object.entries(blob.value).filter(([key]) => key !== 'defaultChannel');
  return withValue(blob, objectOf(fields));
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
