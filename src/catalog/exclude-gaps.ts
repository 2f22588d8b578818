import { compareBytes } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { readEntries, readVersions } from './blob-fields.ts';
import { buildChannelGraph, findGraphFaults, type GraphFault } from './channel-graph.ts';
import type { TakenContent } from './exclude-types.ts';
import { readVersionInName } from './installable.ts';
import type { Gap, MergeNote, MergeOptions, MergeResult } from './merge-types.ts';
import { listOffers } from './olm-walk.ts';
import type { CatalogPackage } from './types.ts';
import { buildUpgradeGraphs, type UpgradeGraph } from './upgrade-graph.ts';
import { validatePackage } from './validate-catalog.ts';

export interface ExcludedFrom {
  /** As Git has it; undefined for a new package. */
  readonly base: CatalogPackage | undefined;
  readonly merged: CatalogPackage;
  /** Undefined where nothing is left. */
  readonly pkg: CatalogPackage | undefined;
  readonly taken: readonly TakenContent[];
}

/**
 * What keeps exclusions from being carried out: a channel that is left with two heads or with cut
 * off entries, a version that got to the head in the base and does not any more. The excluded
 * versions themselves may lose their path.
 */
export function findExcludeGaps(
  from: ExcludedFrom,
  options: Pick<MergeOptions, 'strandedUpgrades'>,
): Pick<MergeResult, 'gaps' | 'notes'> {
  const { pkg, merged } = from;
  if (pkg === undefined) return { gaps: [], notes: [] };
  const changed = pkg.channels.filter((channel) => !merged.channels.includes(channel));
  const faults = changed.flatMap((channel) =>
    findGraphFaults(buildChannelGraph(readEntries(channel))).map((fault) =>
      describeFault(fault, channel.name, from),
    ),
  );
  if (faults.length > 0) return { gaps: faults, notes: [] };
  const lost = changed.flatMap((channel) => describeLost(channel.name, from));
  if (lost.length > 0 && options.strandedUpgrades === 'block') return { gaps: lost, notes: [] };
  const [problem] = validatePackage(pkg).filter(({ severity }) => severity === 'error');
  const gaps =
    problem === undefined
      ? []
      : [gapOf(from, { kind: 'invalid', channel: null, bundles: [], message: problem.message })];
  return { gaps, notes: lost.map(toNote) };
}

function toNote({ package: pkg, channel, message }: Gap): MergeNote {
  return { kind: 'upgrade-lost', package: pkg, channel, bundle: null, message };
}

function describeFault(fault: GraphFault, channel: string, from: ExcludedFrom): Gap {
  const place = `Without what is excluded, the channel "${channel}" of the package "${from.merged.name}"`;
  switch (fault.kind) {
    case 'several-heads':
      return gapOf(from, {
        kind: fault.kind,
        channel,
        bundles: fault.heads,
        message: `${place} has ${fault.heads.length} heads, and nothing lets the lower ones upgrade to the highest: ${fault.heads.join(', ')}.`,
      });
    case 'stranded':
      return gapOf(from, {
        kind: fault.kind,
        channel,
        bundles: fault.entries,
        message: `${place} cuts off ${fault.entries.join(', ')}: no path leads on from there.`,
      });
    case 'cycle':
      return gapOf(from, {
        kind: fault.kind,
        channel,
        bundles: fault.path,
        message: `${place} has a cycle: ${fault.path.join(' -> ')}.`,
      });
    case 'no-head':
    case 'empty':
      return gapOf(from, {
        kind: 'no-head',
        channel,
        bundles: [],
        message: `${place} has no head: every entry is replaced or skipped.`,
      });
    default:
      return assertNever(fault);
  }
}

function gapOf(
  from: ExcludedFrom,
  gap: Pick<Gap, 'kind' | 'channel' | 'bundles' | 'message'>,
): Gap {
  const places = [...new Set(from.taken.map(({ exclusion }) => exclusion.place))];
  const bridges = listTaken(from);
  const lift =
    bridges.length === 0
      ? `Lift the exclude at ${places.join(' or ')}`
      : `Only ${bridges.join(', ')} would bridge it: lift the exclude at ${places.join(' or ')}`;
  return {
    ...gap,
    package: from.merged.name,
    bridges,
    hint: `${lift}, exclude what is above as well, or bring a version that may take them.`,
  };
}

function listTaken({ taken }: ExcludedFrom): readonly string[] {
  return [...new Set(taken.flatMap(({ bundles }) => bundles))].toSorted(compareBytes);
}

function describeLost(channel: string, from: ExcludedFrom): readonly Gap[] {
  const { base, pkg } = from;
  const before = base === undefined ? undefined : findGraph(base, channel);
  const after = pkg === undefined ? undefined : findGraph(pkg, channel);
  if (before === undefined || after === undefined || base === undefined) return [];
  const versions = readVersions(base);
  const taken = new Set(listTaken(from));
  const lost = before.nodes
    .filter(({ name, depth }) => depth !== null && !taken.has(name))
    .map(({ name }) => name)
    .filter((name) => {
      const node = after.nodes.find((candidate) => candidate.name === name);
      const hops = listOffers(after.offered, {
        name,
        version: versions.get(name) ?? readVersionInName(name),
      });
      return (node?.depth ?? null) === null && hops.length === 0;
    });
  if (lost.length === 0) return [];
  return [
    gapOf(from, {
      kind: 'upgrade-lost',
      channel,
      bundles: lost.toSorted(compareBytes),
      message: `Without what is excluded, no path leads from ${lost.join(', ')} to the head of the channel "${channel}" of the package "${from.merged.name}" any more.`,
    }),
  ];
}

function findGraph(pkg: CatalogPackage, channel: string): UpgradeGraph | undefined {
  return buildUpgradeGraphs(pkg).find((graph) => graph.channel === channel);
}
