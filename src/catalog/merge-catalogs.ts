import { compareBytes } from '../base/text.ts';
import { listRepeated } from './blob-problem.ts';
import { hasSameBlobs, joinCatalog } from './build-catalog.ts';
import { diffPackage, saysOtherThings } from './diff-catalogs.ts';
import { addGaps } from './find-gaps.ts';
import { noteBridges, noteUnusedBridge } from './judge-bridges.ts';
import { settleChannel } from './merge-channels.ts';
import { cleanDeprecations } from './merge-deprecations.ts';
import { describeDropped, isOlder, mergePackage } from './merge-package.ts';
import type {
  MergeNote,
  MergeOptions,
  MergeResult,
  PackageChange,
  PackageMerge,
  Sides,
} from './merge-types.ts';
import { addLimitNotes } from './openshift-limits.ts';
import { isSameToTheLetter } from './same-content.ts';
import type { Catalog, CatalogPackage } from './types.ts';
import { joinCustomBlobs } from './unite-blobs.ts';

/**
 * Merges a delivered catalog into ours, so that what was not delivered stays. A package with a gap
 * stays exactly as the base had it, and is named; blobs that did not change are the base's own
 * objects. The order of blobs in either catalog makes no difference.
 */
export function mergeCatalogs(
  base: Catalog,
  incoming: Catalog,
  options: MergeOptions,
): MergeResult {
  const names = [...new Set([...base.packages.keys(), ...incoming.packages.keys()])].toSorted(
    compareBytes,
  );
  const outcomes = names.map((name) =>
    mergeOne({ base: base.packages.get(name), incoming: incoming.packages.get(name) }, options),
  );
  const packages = outcomes.map(({ pkg }) => pkg).filter((pkg) => pkg !== undefined);
  const known = new Map(packages.map((pkg) => [pkg.name, pkg]));
  const unused = (options.declared?.bridges ?? []).filter(
    (bridge) => !names.includes(bridge.package),
  );
  const dropped: MergeNote[] = [];
  const loose = joinCustomBlobs(
    { base: base.loose, incoming: incoming.loose },
    'incoming',
    (blobs) => dropped.push(describeDropped(blobs)),
  );
  return {
    catalog: joinCatalog(packages, loose),
    changes: outcomes.map(({ change }) => change),
    gaps: outcomes.flatMap(({ gaps }) => gaps),
    notes: [
      ...outcomes.flatMap(({ notes }) => notes),
      ...dropped,
      ...unused.map((bridge) => noteUnusedBridge(bridge, known)),
    ],
  };
}

interface PackageOutcome extends Pick<MergeResult, 'gaps' | 'notes'> {
  /** Undefined where a new package has a gap. */
  readonly pkg: CatalogPackage | undefined;
  readonly change: PackageChange;
}

function mergeOne(
  { base, incoming }: Sides<CatalogPackage | undefined>,
  options: MergeOptions,
): PackageOutcome {
  const name = (base ?? incoming)?.name ?? '';
  const bridged = options.declared?.bridges.some((bridge) => bridge.package === name) === true;
  const untouched = bridged ? null : findUntouched({ base, incoming });
  if (untouched !== null)
    return { pkg: base, change: emptyChange(name, untouched), gaps: [], notes: [] };
  const sides = fillSides(name, { base, incoming });
  const winner = base !== undefined && isOlder(sides) ? 'base' : 'incoming';
  const merge: PackageMerge = { sides, winner, options, gaps: [], notes: [] };
  const merged = base === undefined ? addPackage(merge) : unite(merge);
  if (bridged) noteBridges(merged, merge);
  if (incoming !== undefined) addLimitNotes(merged, merge);
  return conclude(merge, { base, incoming, merged });
}

function conclude(
  merge: PackageMerge,
  found: Sides<CatalogPackage | undefined> & { readonly merged: CatalogPackage },
): PackageOutcome {
  const { base, incoming, merged } = found;
  const { name } = merged;
  if (merge.gaps.length > 0)
    return {
      pkg: base,
      change: emptyChange(name, 'blocked'),
      gaps: merge.gaps,
      notes: merge.notes.filter(({ kind }) => STANDING_NOTES.has(kind)),
    };
  const kept = incoming === undefined && merged === base;
  const change = kept ? emptyChange(name, 'kept') : describeChange(base, merged);
  return { pkg: merged, change, gaps: [], notes: merge.notes };
}

// What only one side has is merged with nothing; what was not delivered, with itself.
function fillSides(
  name: string,
  { base, incoming }: Sides<CatalogPackage | undefined>,
): Sides<CatalogPackage> {
  const empty: CatalogPackage = {
    name,
    packages: [],
    channels: [],
    bundles: [],
    deprecations: [],
    others: [],
  };
  return { base: base ?? empty, incoming: incoming ?? base ?? empty };
}

/** What is true of a bridge whether or not its package was merged. */
const STANDING_NOTES: ReadonlySet<MergeNote['kind']> = new Set(['bridge-expired', 'bridge-unused']);

// Most packages of a delivery are what they were, down to the letter, and are told by that alone.
function findUntouched({
  base,
  incoming,
}: Sides<CatalogPackage | undefined>): 'kept' | 'unchanged' | null {
  if (incoming === undefined) return 'kept';
  return base !== undefined && hasSameBlobs(base, incoming, isSameToTheLetter) ? 'unchanged' : null;
}

function unite(merge: PackageMerge): CatalogPackage {
  const { base, incoming } = merge.sides;
  const repeated = [base, incoming].find(hasRepeats);
  if (repeated !== undefined) {
    addGaps(repeated, { ...merge, sides: { base: repeated, incoming } });
    return base;
  }
  const merged = mergePackage(merge);
  if (merge.winner === 'base' && wouldDiffer(merged, merge)) noteOlder(merge);
  return merged;
}

// Whether the base won a conflict: with the delivery as the winner, something would differ.
function wouldDiffer(merged: CatalogPackage, merge: PackageMerge): boolean {
  const trial: PackageMerge = { ...merge, winner: 'incoming', gaps: [], notes: [] };
  const diff = diffPackage(merged, mergePackage(trial));
  return (diff !== null && saysOtherThings(diff)) || trial.gaps.length > 0;
}

function noteOlder(merge: PackageMerge): void {
  const { name } = merge.sides.base;
  const message = `The delivery of "${name}" brings no version that the catalog lacks and no higher head: where both differ, the catalog stays as it is.`;
  merge.notes.push({ kind: 'older-delivery', package: name, channel: null, bundle: null, message });
}

function addPackage(merge: PackageMerge): CatalogPackage {
  const { incoming } = merge.sides;
  const deprecations = cleanDeprecations(merge);
  const channels = incoming.channels.map((channel) => settleChannel(channel, merge));
  const settled = { ...incoming, channels, deprecations };
  const clean = hasSameBlobs(settled, incoming) ? incoming : settled;
  addGaps(clean, merge);
  return clean;
}

function hasRepeats(pkg: CatalogPackage): boolean {
  return (
    pkg.packages.length > 1 ||
    pkg.deprecations.length > 1 ||
    listRepeated(pkg.channels).length > 0 ||
    listRepeated(pkg.bundles).length > 0
  );
}

/** The change of a package of which nothing else is to be said. */
export function emptyChange(name: string, kind: PackageChange['kind']): PackageChange {
  return {
    package: name,
    kind,
    channels: [],
    bundlesAdded: [],
    bundlesReplaced: [],
    bundlesRereleased: [],
    bundlesMigrated: [],
    defaultChannel: null,
    deprecationsAdded: [],
    deprecationsRemoved: [],
  };
}

/** What became of a package of the base, or of a new one. */
export function describeChange(
  base: CatalogPackage | undefined,
  merged: CatalogPackage,
): PackageChange {
  const diff = base === merged ? null : diffPackage(base, merged);
  if (diff === null) return emptyChange(merged.name, 'unchanged');
  return {
    package: merged.name,
    kind: base === undefined ? 'added' : 'updated',
    channels: diff.channels.map(({ channel, kind, oldHead, newHead }) => ({
      channel,
      kind: kind === 'added' ? 'added' : 'updated',
      oldHead,
      newHead,
    })),
    bundlesAdded: diff.bundlesAdded,
    bundlesReplaced: diff.bundlesChanged,
    bundlesRereleased: diff.bundlesRereleased,
    bundlesMigrated: diff.bundlesMigrated,
    defaultChannel: diff.defaultChannel,
    deprecationsAdded: diff.deprecationsAdded,
    deprecationsRemoved: diff.deprecationsRemoved,
  };
}
