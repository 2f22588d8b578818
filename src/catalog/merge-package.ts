import { compareVersions, type Version } from '../base/semver.ts';
import {
  formatBundleVersion,
  listField,
  readBundleVersion,
  readDefaultChannel,
  readDeprecation,
  readEntries,
  readVersions,
  textField,
} from './blob-fields.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import { filterEntries } from './edit-blob.ts';
import { addGaps } from './find-gaps.ts';
import { mergeBundles } from './merge-bundles.ts';
import { mergeChannels } from './merge-channels.ts';
import type { PackageMerge, Sides } from './merge-types.ts';
import { objectOf } from './raw-json.ts';
import type { Blob, CatalogPackage, JsonValue } from './types.ts';
import { joinByKey, joinCustomBlobs, pickBlob, uniteFields } from './unite-blobs.ts';
import { findReferenceFault } from './validate-deprecations.ts';

/**
 * Unites one package that both sides have (design: merging two catalogs). Returns the base's own
 * object where nothing changes; gaps and notes are added to `merge`.
 */
export function mergePackage(merge: PackageMerge): CatalogPackage {
  const { base } = merge.sides;
  const united = {
    ...base,
    channels: mergeChannels(merge),
    bundles: mergeBundles(merge),
    others: mergeOthers(merge),
  };
  const headed = { ...united, packages: mergeHeads(united, merge) };
  const merged = { ...headed, deprecations: mergeDeprecations(headed, merge) };
  if (isSamePackage(base, merged)) return base;
  addGaps(merged, merge);
  return merged;
}

/**
 * A delivery is older where it has no version that the base lacks, and no channel of both with a
 * higher head.
 */
export function isOlder({ base, incoming }: Sides<CatalogPackage>): boolean {
  const known = new Set(base.bundles.map(versionOf));
  if (incoming.bundles.some((bundle) => !known.has(versionOf(bundle)))) return false;
  const heads = { base: readHeads(base), incoming: readHeads(incoming) };
  return [...heads.incoming].every(([channel, head]) => {
    const old = heads.base.get(channel);
    return old === undefined || compareVersions(head, old) <= 0;
  });
}

function versionOf(bundle: Blob): string {
  return formatBundleVersion(readBundleVersion(bundle));
}

function readHeads(pkg: CatalogPackage): ReadonlyMap<string, Version> {
  const versions = readVersions(pkg);
  return new Map(
    pkg.channels.flatMap((channel) => {
      const version = versions.get(findHead(buildChannelGraph(readEntries(channel))) ?? '');
      return version === undefined ? [] : [[channel.name, version] as const];
    }),
  );
}

function mergeOthers({ sides, winner }: PackageMerge): readonly Blob[] {
  return joinCustomBlobs({ base: sides.base.others, incoming: sides.incoming.others }, winner);
}

function mergeHeads(united: CatalogPackage, merge: PackageMerge): readonly Blob[] {
  const [base, ...moreBase] = merge.sides.base.packages;
  const [incoming, ...moreIncoming] = merge.sides.incoming.packages;
  if (base === undefined || incoming === undefined)
    return base === undefined ? merge.sides.incoming.packages : merge.sides.base.packages;
  const fields = uniteFields({ base: base.value, incoming: incoming.value }, merge.winner);
  const defaultChannel = pickDefaultChannel(united, merge);
  const value =
    defaultChannel === ''
      ? fields
      : objectOf([...Object.entries(fields), ['defaultChannel', defaultChannel]]);
  return [pickBlob({ base, incoming }, value), ...moreBase, ...moreIncoming];
}

function pickDefaultChannel(united: CatalogPackage, merge: PackageMerge): string {
  const before = readDefaultChannel(merge.sides.base);
  const wanted = readDefaultChannel(merge.sides.incoming);
  if (before === wanted || wanted === '') return before;
  const exists = united.channels.some((channel) => channel.name === wanted);
  if (
    before === '' ||
    (merge.options.acceptDefaultChannel && exists && merge.winner === 'incoming')
  )
    return wanted;
  merge.notes.push({
    kind: 'default-channel-kept',
    package: united.name,
    channel: wanted,
    bundle: null,
    message: `The package "${united.name}" keeps its default channel "${before}"; the delivery says "${wanted}"${describeRefusal(exists, merge)}.`,
  });
  return before;
}

function describeRefusal(exists: boolean, merge: PackageMerge): string {
  if (!exists) return ', which does not exist';
  return merge.winner === 'base'
    ? ', but it is older'
    : ', which --accept-default-channel takes over';
}

function mergeDeprecations(united: CatalogPackage, merge: PackageMerge): readonly Blob[] {
  const { base, incoming } = merge.sides;
  const joined = joinByKey(
    { base: base.deprecations, incoming: incoming.deprecations },
    () => '',
    (both) => joinDeprecations(both, merge.winner),
  );
  return joined
    .map((blob) => dropDangling(blob, united, merge))
    .filter(
      (blob) => base.deprecations.includes(blob) || listField(blob.value, 'entries').length > 0,
    );
}

function joinDeprecations(
  both: Sides<readonly Blob[]>,
  winner: PackageMerge['winner'],
): readonly Blob[] {
  const [base, ...moreBase] = both.base;
  const [incoming, ...moreIncoming] = both.incoming;
  if (base === undefined || incoming === undefined) return [];
  const fields = uniteFields({ base: base.value, incoming: incoming.value }, winner);
  const entries = uniteReferences(
    { base: listField(base.value, 'entries'), incoming: listField(incoming.value, 'entries') },
    winner,
  );
  return [
    pickBlob({ base, incoming }, objectOf([...Object.entries(fields), ['entries', entries]])),
    ...moreBase,
    ...moreIncoming,
  ];
}

function uniteReferences(
  sides: Sides<readonly JsonValue[]>,
  winner: PackageMerge['winner'],
): readonly JsonValue[] {
  const base = new Map(sides.base.map((entry) => [referenceKey(entry), entry]));
  const incoming = new Map(sides.incoming.map((entry) => [referenceKey(entry), entry]));
  const joined = [...base].map(([key, entry]) =>
    winner === 'incoming' ? (incoming.get(key) ?? entry) : entry,
  );
  return [...joined, ...[...incoming].filter(([key]) => !base.has(key)).map(([, entry]) => entry)];
}

function referenceKey(entry: JsonValue): string {
  const { schema, name } = readDeprecation(entry);
  return JSON.stringify([schema, name]);
}

/** Takes out deprecations of channels and bundles that the package does not have, and says so. */
export function dropDangling(
  blob: Blob,
  pkg: CatalogPackage,
  merge: Pick<PackageMerge, 'notes'>,
): Blob {
  return filterEntries(blob, (entry) => {
    const reference = readDeprecation(entry);
    if (findReferenceFault(reference, pkg) === null) return true;
    merge.notes.push({
      kind: 'deprecation-dropped',
      package: pkg.name,
      channel: reference.schema === 'olm.channel' ? reference.name : null,
      bundle: reference.schema === 'olm.bundle' ? reference.name : null,
      message: `The deprecation of ${reference.schema} "${reference.name}" was dropped from the package "${pkg.name}", which does not have it: ${textField(entry, 'message').slice(0, 80)}`,
    });
    return false;
  });
}

function isSamePackage(a: CatalogPackage, b: CatalogPackage): boolean {
  const kinds = ['packages', 'channels', 'bundles', 'deprecations', 'others'] as const;
  return kinds.every(
    (kind) =>
      a[kind].length === b[kind].length && a[kind].every((blob, index) => blob === b[kind][index]),
  );
}
