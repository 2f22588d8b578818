import { compareVersions, type Version } from '../base/semver.ts';
import { readEntries } from './blob-fields.ts';
import { buildChannelGraph, walkChain } from './channel-graph.ts';
import { listCutOff } from './describe-paths.ts';
import { listBridges } from './find-bridges.ts';
import { type ChannelVerdict, isSound, judgeChannel } from './judge-channel.ts';
import { settleChannel } from './merge-channels.ts';
import type { BridgeEdges, PackageMerge } from './merge-types.ts';
import { readBothVersions } from './repair-channel.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { buildUpgradeGraph } from './upgrade-graph.ts';

/** How often edges are added for what the edges before cut off. */
const ROUNDS = 4;

interface Trial {
  readonly edges: readonly BridgeEdges[];
  /** The channel with the edges, and what is wrong with it. */
  readonly channel: Blob;
  readonly verdict: ChannelVerdict;
}

/**
 * Edges that would close a gap in a channel: the merge was tried with them. The chain of upgrades is
 * mended where one link does it; otherwise each version that is cut off is skipped by the next
 * higher one that OLM offers. Empty where no edge helps.
 */
export function proposeBridges(
  channel: Blob,
  merged: CatalogPackage,
  merge: PackageMerge,
): readonly BridgeEdges[] {
  const silent: PackageMerge = { ...merge, gaps: [], notes: [] };
  function attempt(edges: readonly BridgeEdges[]): Trial {
    const settled = settleChannel(channel, silent, edges);
    return { edges, channel: settled, verdict: judgeChannel(settled, merged, silent) };
  }
  const start = attempt([]);
  const linked = attempt(linkChain(start, readBothVersions(merge)));
  const trials = [
    () => linked,
    () => skipCutOff(start, merged, attempt),
    () => skipCutOff(linked, merged, attempt),
  ];
  for (const run of trials) {
    const trial = run();
    if (trial.edges.length > 0 && isSound(trial.verdict)) return trial.edges;
  }
  return [];
}

/** The lowest entry of the head's chain replaces the highest loose one, where that is lower. */
function linkChain(
  { channel, verdict }: Trial,
  versions: ReadonlyMap<string, Version>,
): readonly BridgeEdges[] {
  if (verdict.head === null || verdict.fault === null) return [];
  const graph = buildChannelGraph(readEntries(channel));
  const chain = [...walkChain(graph, verdict.head).chain];
  // The last name of the chain may be no entry.
  const tail = graph.entries.get(chain.findLast((name) => graph.entries.has(name)) ?? '');
  if (tail === undefined || graph.entries.has(tail.replaces)) return [];
  const highest = versions.get(tail.name);
  const loose = listLoose(verdict).flatMap((name) => {
    const version = versions.get(name);
    const below = version !== undefined && highest !== undefined;
    return below && compareVersions(version, highest) < 0 ? [{ name, version }] : [];
  });
  const [top] = loose.toSorted((a, b) => compareVersions(b.version, a.version));
  if (top === undefined) return [];
  // What it replaces now is not there, but may still run on a cluster.
  const skips = tail.replaces === '' ? [] : [tail.replaces];
  return [{ bundle: tail.name, replaces: top.name, skips, skipRange: '' }];
}

function listLoose({ fault, head }: ChannelVerdict): readonly string[] {
  if (fault?.kind === 'several-heads') return fault.heads.filter((name) => name !== head);
  return fault?.kind === 'stranded' ? fault.entries : [];
}

function skipCutOff(
  start: Trial,
  merged: CatalogPackage,
  attempt: (edges: readonly BridgeEdges[]) => Trial,
): Trial {
  let trial = start;
  for (let round = 0; round < ROUNDS && !isSound(trial.verdict); round += 1) {
    const added = listSkips(trial, merged);
    if (added.length === 0) return trial;
    trial = attempt(joinEdges([...trial.edges, ...added]));
  }
  return trial;
}

function listSkips({ channel, verdict }: Trial, merged: CatalogPackage): readonly BridgeEdges[] {
  const graph = buildUpgradeGraph(merged, channel, verdict.head);
  return listCutOff(graph, verdict).flatMap((installed) => {
    const bridge = listBridges(graph, installed, []).find(({ kind }) => kind === 'edge');
    return bridge === undefined
      ? []
      : [{ bundle: bridge.bundle, replaces: '', skips: [installed.name], skipRange: '' }];
  });
}

/** One item per entry. */
function joinEdges(edges: readonly BridgeEdges[]): readonly BridgeEdges[] {
  return [...Map.groupBy(edges, (edge) => edge.bundle)].map(([bundle, group]) => ({
    bundle,
    replaces: group.findLast((edge) => edge.replaces !== '')?.replaces ?? '',
    skips: [...new Set(group.flatMap((edge) => edge.skips))],
    skipRange: [
      ...new Set(group.map((edge) => edge.skipRange).filter((range) => range !== '')),
    ].join(' || '),
  }));
}
