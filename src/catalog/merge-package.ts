import { compareVersions, type Version } from '../base/semver.ts';
import { formatCount } from '../base/text.ts';
import {
  formatBundleVersion,
  readBundleVersion,
  readEntries,
  readVersions,
} from './blob-fields.ts';
import { hasSameBlobs } from './build-catalog.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import { addGaps } from './find-gaps.ts';
import { mergeBundles } from './merge-bundles.ts';
import { mergeChannels } from './merge-channels.ts';
import { mergeDeprecations } from './merge-deprecations.ts';
import { mergeHeads } from './merge-heads.ts';
import type { MergeNote, PackageMerge, Sides } from './merge-types.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { joinCustomBlobs } from './unite-blobs.ts';

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
  if (hasSameBlobs(base, merged)) return base;
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

function mergeOthers({ sides, winner, notes }: PackageMerge): readonly Blob[] {
  return joinCustomBlobs(
    { base: sides.base.others, incoming: sides.incoming.others },
    winner,
    (dropped) => notes.push(describeDropped(dropped)),
  );
}

/** Custom objects that the delivery does not have, though it has others with their key. */
export function describeDropped(dropped: readonly Blob[]): MergeNote {
  const [first] = dropped;
  const owner =
    first === undefined || first.package === ''
      ? 'that belong to no package'
      : `of the package "${first.package}"`;
  const key = `schema "${first?.schema ?? ''}"${first === undefined || first.name === '' ? '' : ` and name "${first.name}"`}`;
  return {
    kind: 'custom-dropped',
    package: first?.package ?? '',
    channel: null,
    bundle: null,
    message: `${formatCount(dropped.length, 'object')} with ${key} ${owner} gave way to those of the delivery with the same key.`,
    hint: 'If they are still needed, restore them from Git, under a name of their own.',
  };
}
