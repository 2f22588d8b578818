import { formatVersion } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import { describeHead } from './diff-channels.ts';
import { listBridges } from './find-bridges.ts';
import type { ChannelVerdict } from './judge-channel.ts';
import type { CutOff, GapPaths } from './merge-types.ts';
import type { Installed } from './olm-walk.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { buildUpgradeGraph, readNodeVersion, type UpgradeGraph } from './upgrade-graph.ts';

/** Which versions a merged channel cuts off, and what would bridge that beside a declared edge. */
export function describePaths(
  channel: Blob,
  verdict: ChannelVerdict,
  merged: CatalogPackage,
): Omit<GapPaths, 'proposal'> {
  const graph = buildUpgradeGraph(merged, channel, verdict.head);
  const others = merged.channels
    .filter((other) => other.name !== channel.name)
    .map((other) => buildUpgradeGraph(merged, other));
  return {
    head: verdict.head === null ? null : describeHead(merged, verdict.head),
    cutOff: listCutOff(graph, verdict)
      .map((installed) => describeCutOff(installed, merged, [graph, ...others]))
      .toSorted((a, b) => compareBytes(a.name, b.name)),
    ranges: verdict.lost.brokenRanges,
  };
}

/** What loses its way, and entries that have none, whether or not the base had them. */
export function listCutOff(graph: UpgradeGraph, verdict: ChannelVerdict): readonly Installed[] {
  const { fault, head, lost } = verdict;
  const names = new Set(lost.broken.map(({ name }) => name));
  const entries = graph.nodes.filter(
    (node) => node.entry && !names.has(node.name) && isLoose(node.name, node.depth, fault),
  );
  return [
    ...lost.broken,
    ...entries.map(({ name }) => ({ name, version: readNodeVersion(graph, name) })),
  ].filter(({ name }) => name !== head);
}

function isLoose(name: string, depth: number | null, fault: ChannelVerdict['fault']): boolean {
  if (fault?.kind === 'stranded') return fault.entries.includes(name);
  return fault !== null && depth === null;
}

function describeCutOff(
  installed: Installed,
  merged: CatalogPackage,
  [graph, ...others]: readonly [UpgradeGraph, ...UpgradeGraph[]],
): CutOff {
  const { version } = describeHead(merged, installed.name);
  return {
    name: installed.name,
    version:
      version === '' && installed.version !== null ? formatVersion(installed.version) : version,
    bridges: listBridges(graph, installed, others),
  };
}
