import { quote } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { describePaths } from './describe-paths.ts';
import { addBadBridge, findGuiltyBridges } from './judge-bridges.ts';
import { type ChannelFault, type ChannelVerdict, isSound, judgeChannel } from './judge-channel.ts';
import { findChannel } from './merge-channels.ts';
import type { CutOff, GapPaths, PackageMerge } from './merge-types.ts';
import { proposeBridges } from './propose-bridges.ts';
import { isFolderName } from './render-catalog.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { validatePackage } from './validate-catalog.ts';

/** So many names stand in a message; `paths` has all. */
const NAMED = 8;

/**
 * Adds what keeps a merged package from being written: a graph that opm refuses, a version that OLM
 * got to the head before and would not now, or anything else that opm would refuse.
 */
export function addGaps(merged: CatalogPackage, merge: PackageMerge): void {
  for (const channel of merged.channels) {
    if (channel === findChannel(merge.sides.base, channel.name)) continue;
    const verdict = judgeChannel(channel, merged, merge);
    if (!isSound(verdict)) addChannelGap(channel, verdict, { merged, merge });
    else if (verdict.lost.brokenRanges.length > 0) noteRanges(channel, verdict, merge);
  }
  if (merge.gaps.length === 0) addInvalid(merged, merge);
}

function addInvalid(merged: CatalogPackage, merge: PackageMerge): void {
  if (merged.name !== '' && !isFolderName(merged.name)) {
    addUnsafeName(merged.name, merge);
    return;
  }
  const [problem, ...others] = validatePackage(merged).filter(
    ({ severity }) => severity === 'error',
  );
  if (problem === undefined) return;
  merge.gaps.push({
    kind: 'invalid',
    package: merged.name,
    channel: problem.channel ?? null,
    message:
      others.length === 0 ? problem.message : `${problem.message} (and ${others.length} more)`,
    hint: 'opm would refuse the merged package; validate both catalogs on their own.',
    bundles: problem.bundle === undefined ? [] : [problem.bundle],
    bridges: [],
  });
}

// opm takes any name for a blob with a custom schema, and the name becomes a folder.
function addUnsafeName(name: string, merge: PackageMerge): void {
  merge.gaps.push({
    kind: 'invalid',
    package: name,
    channel: null,
    message: `No folder can be named after the package ${quote(name)}.`,
    hint: 'Let who makes the delivery rename it: letters, digits, ".", "_" and "-", the first a letter or digit.',
    bundles: [],
    bridges: [],
  });
}

interface GapContext {
  readonly merged: CatalogPackage;
  readonly merge: PackageMerge;
}

function addChannelGap(
  channel: Blob,
  verdict: ChannelVerdict,
  { merged, merge }: GapContext,
): void {
  const described = describePaths(channel, verdict, merged);
  const message = describeGap(channel, verdict, described);
  const guilty = findGuiltyBridges(channel, merged, merge);
  if (guilty.length > 0) {
    addBadBridge(guilty, message, merge);
    return;
  }
  const kind = verdict.fault?.kind ?? 'upgrade-lost';
  const place = { package: channel.package, channel: channel.name };
  if (kind === 'upgrade-lost' && merge.options.strandedUpgrades !== 'block') {
    merge.notes.push({ kind, ...place, bundle: null, message });
    return;
  }
  const paths = { ...described, proposal: proposeBridges(channel, merged, merge) };
  merge.gaps.push({
    kind,
    ...place,
    message,
    hint: describeHint(paths, verdict),
    bundles: listBundles(verdict, paths.cutOff),
    bridges: listMissing(paths.cutOff),
    paths,
  });
}

// Nobody knows whether such a version exists, and upstream narrows ranges from one minor version to
// the next, so this does not block.
function noteRanges(channel: Blob, { lost, head }: ChannelVerdict, merge: PackageMerge): void {
  merge.notes.push({
    kind: 'range-lost',
    package: channel.package,
    channel: channel.name,
    bundle: head,
    message: `In the channel "${channel.name}" of the package "${channel.package}" no path of upgrades leads from versions in ${lost.brokenRanges.join(', ')} to the head ${head} any more. The catalog has none of them by name; a cluster that runs one should upgrade before this is published.`,
  });
}

function listBundles({ fault }: ChannelVerdict, cutOff: readonly CutOff[]): readonly string[] {
  switch (fault?.kind) {
    case undefined:
      return cutOff.map(({ name }) => name);
    case 'no-head':
      return [];
    case 'several-heads':
      return fault.heads;
    case 'cycle':
      return fault.path;
    case 'stranded':
      return fault.entries;
    default:
      return assertNever(fault);
  }
}

/** Bundles that are not there, and from which OLM would get on. */
function listMissing(cutOff: readonly CutOff[]): readonly string[] {
  const names = cutOff
    .flatMap(({ bridges }) => bridges)
    .flatMap((bridge) => (bridge.kind === 'bundle' ? [bridge.bundle] : []));
  return [...new Set(names)];
}

function describeGap(
  channel: Blob,
  { fault }: ChannelVerdict,
  paths: Omit<GapPaths, 'proposal'>,
): string {
  const place = `channel "${channel.name}" of the package "${channel.package}"`;
  if (fault !== null) return `${describeFault(place, fault)}${describeCut(paths)}`;
  return `In the ${place} no path of upgrades leads from ${formatCut(paths)} to the head ${formatHead(paths)} any more.`;
}

function describeFault(place: string, fault: ChannelFault): string {
  switch (fault.kind) {
    case 'no-head':
      return `The united ${place} has no head: every entry is replaced or skipped.`;
    case 'several-heads':
      return `The united ${place} has ${fault.heads.length} heads: ${fault.heads.join(', ')}.`;
    case 'cycle':
      return `The united ${place} has a cycle: ${fault.path.join(' -> ')}.`;
    case 'stranded':
      return `The united ${place} cuts off ${fault.entries.join(', ')}: no chain from the head leads there.`;
    default:
      return assertNever(fault);
  }
}

function describeCut(paths: Omit<GapPaths, 'proposal'>): string {
  if (paths.cutOff.length === 0) return '';
  return paths.head === null
    ? ` OLM would upgrade nothing any more: ${formatCut(paths)}.`
    : ` OLM would not get from ${formatCut(paths)} to ${formatHead(paths)}.`;
}

function formatCut({ cutOff, ranges }: Omit<GapPaths, 'proposal'>): string {
  const names = cutOff.slice(0, NAMED).map(formatVersioned);
  const more = cutOff.length > NAMED ? [`${cutOff.length - NAMED} more`] : [];
  return [...names, ...more, ...ranges.map((range) => `the versions in ${range}`)].join(', ');
}

function formatHead({ head }: Pick<GapPaths, 'head'>): string {
  return head === null ? '' : formatVersioned(head);
}

function formatVersioned({ name, version }: Pick<CutOff, 'name' | 'version'>): string {
  return version === '' || name.endsWith(version) ? name : `${name} (${version})`;
}

function describeHint({ cutOff, proposal }: GapPaths, { fault }: ChannelVerdict): string {
  const missing = listMissing(cutOff);
  const bring =
    missing.length === 0
      ? []
      : [
          `bring ${missing.join(', ')} and what leads there with a delivery (mirror a range of versions that begins at the installed one), then merge again`,
        ];
  const declare =
    proposal.length === 0
      ? []
      : ['declare the bridge that is proposed, where the operator supports that upgrade'];
  const ways = [...bring, ...declare].join('; or ');
  if (ways !== '') return `${ways[0]?.toUpperCase()}${ways.slice(1)}.`;
  return fault?.kind === 'no-head' || fault?.kind === 'cycle'
    ? 'The edges of the catalog and of the delivery contradict each other: `olmirror diff` shows both. Mend the delivery, or declare a bridge whose `replaces` says what holds.'
    : 'Bring the bundles between them with a delivery (mirror a range of versions that begins at the installed one), then merge again.';
}
