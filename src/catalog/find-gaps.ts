import { compareBytes } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { readEntries, readVersions } from './blob-fields.ts';
import {
  buildChannelGraph,
  type ChannelGraph,
  findGraphFaults,
  findHead,
  findUpgradable,
  type GraphFault,
} from './channel-graph.ts';
import { listUnknownTargets } from './merge-channels.ts';
import type { Gap, PackageMerge } from './merge-types.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { validatePackage } from './validate-catalog.ts';

const BRIDGE_HINT = 'Bring the bundle that bridges them with a delivery, then merge again.';

/**
 * Adds what keeps a merged package from being written: a graph that opm refuses, a version that
 * could reach the head before and cannot now, or anything else that opm would refuse.
 */
export function addGaps(merged: CatalogPackage, merge: PackageMerge): void {
  for (const channel of merged.channels) addChannelGaps(channel, merged, merge);
  if (merge.gaps.length > 0) return;
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

function addChannelGaps(channel: Blob, merged: CatalogPackage, merge: PackageMerge): void {
  const old = merge.sides.base.channels.find((candidate) => candidate.name === channel.name);
  if (channel === old) return;
  const graph = buildChannelGraph(readEntries(channel));
  const faults = findGraphFaults(graph).filter((fault) => fault.kind !== 'empty');
  for (const fault of faults) merge.gaps.push(describeFault(channel, fault));
  const head = findHead(graph);
  if (faults.length > 0 || old === undefined || head === null) return;
  addLostUpgrades(
    channel,
    listLostUpgrades({ old, base: merge.sides.base }, { graph, head, merged }),
    merge,
  );
}

function listLostUpgrades(
  before: { readonly old: Blob; readonly base: CatalogPackage },
  after: { readonly graph: ChannelGraph; readonly head: string; readonly merged: CatalogPackage },
): readonly string[] {
  const graph = buildChannelGraph(readEntries(before.old));
  const head = findHead(graph);
  if (head === null) return [];
  const reaching = findUpgradable(after.graph, after.head, readVersions(after.merged));
  const lost = [...findUpgradable(graph, head, readVersions(before.base))].filter(
    (name) => !reaching.has(name),
  );
  return lost.toSorted(compareBytes);
}

function addLostUpgrades(channel: Blob, lost: readonly string[], merge: PackageMerge): void {
  if (lost.length === 0) return;
  const message = `In the channel "${channel.name}" of the package "${channel.package}" no path of upgrades leads from ${lost.join(', ')} to the head any more.`;
  if (merge.options.strandedUpgrades === 'warn') {
    merge.notes.push({
      kind: 'upgrade-lost',
      package: channel.package,
      channel: channel.name,
      bundle: null,
      message,
    });
    return;
  }
  merge.gaps.push({ ...gapOf(channel, 'upgrade-lost', lost), message, hint: BRIDGE_HINT });
}

function gapOf(
  channel: Blob,
  kind: Gap['kind'],
  bundles: readonly string[],
): Pick<Gap, 'kind' | 'package' | 'channel' | 'bundles' | 'bridges'> {
  return {
    kind,
    package: channel.package,
    channel: channel.name,
    bundles,
    bridges: listUnknownTargets(channel),
  };
}

function describeFault(channel: Blob, fault: Exclude<GraphFault, { readonly kind: 'empty' }>): Gap {
  const place = `The united channel "${channel.name}" of the package "${channel.package}"`;
  switch (fault.kind) {
    case 'no-head':
      return {
        ...gapOf(channel, fault.kind, []),
        message: `${place} has no head: every entry is replaced or skipped.`,
        hint: BRIDGE_HINT,
      };
    case 'several-heads':
      return {
        ...gapOf(channel, fault.kind, fault.heads),
        message: `${place} has ${fault.heads.length} heads: ${fault.heads.join(', ')}.`,
        hint: BRIDGE_HINT,
      };
    case 'cycle':
      return {
        ...gapOf(channel, fault.kind, fault.path),
        message: `${place} has a cycle: ${fault.path.join(' -> ')}.`,
        hint: BRIDGE_HINT,
      };
    case 'stranded':
      return {
        ...gapOf(channel, fault.kind, fault.entries),
        message: `${place} cuts off ${fault.entries.join(', ')}: no chain from the head leads there.`,
        hint: BRIDGE_HINT,
      };
    default:
      return assertNever(fault);
  }
}
