import { readEntries } from './blob-fields.ts';
import {
  buildChannelGraph,
  type ChannelGraph,
  findGraphFaults,
  findHead,
  type GraphFault,
  walkChain,
} from './channel-graph.ts';
import { comparePaths, listReaching, type PathChanges } from './compare-paths.ts';
import { findChannel } from './merge-channels.ts';
import type { PackageMerge } from './merge-types.ts';
import { listMainHeads, readBothVersions } from './repair-channel.ts';
import type { Blob, CatalogPackage } from './types.ts';

/** A fault that keeps a channel from being written; an empty channel is left to validation. */
export type ChannelFault = Exclude<GraphFault, { readonly kind: 'empty' }>;

/** What is wrong with a merged channel. */
export interface ChannelVerdict {
  readonly fault: ChannelFault | null;
  /** The head, or what would most likely be it where there are several; null for none. */
  readonly head: string | null;
  /** What could reach the head in the base, and cannot reach this one. */
  readonly lost: Pick<PathChanges, 'broken' | 'brokenRanges'>;
}

const NOTHING_LOST = { broken: [], brokenRanges: [] };

/** Judges one channel of the merged package against what the base had. */
export function judgeChannel(
  channel: Blob,
  merged: CatalogPackage,
  merge: PackageMerge,
): ChannelVerdict {
  const graph = buildChannelGraph(readEntries(channel));
  const [fault] = findGraphFaults(graph).filter((found) => found.kind !== 'empty');
  const winner = findChannel(merge.sides[merge.winner], channel.name);
  const [likeliest] = listMainHeads(channel, winner, readBothVersions(merge));
  const head = findHead(graph) ?? likeliest ?? null;
  const old = findChannel(merge.sides.base, channel.name);
  if (old === undefined) return { fault: fault ?? null, head, lost: NOTHING_LOST };
  const before = { pkg: merge.sides.base, channel: old };
  const lost =
    head === null
      ? { broken: listReaching(before), brokenRanges: [] }
      : comparePaths(before, { pkg: merged, channel }, head);
  return { fault: fault ?? findHiddenCycle(graph, head, lost), head, lost };
}

/** Whether it may be written: versions that only a range held do not count, for lack of a name. */
export function isSound({ fault, lost }: ChannelVerdict): boolean {
  return fault === null && lost.broken.length === 0;
}

// opm does not look below an entry that is skipped; OLM does, and refuses the channel.
function findHiddenCycle(
  graph: ChannelGraph,
  head: string | null,
  { broken }: ChannelVerdict['lost'],
): ChannelFault | null {
  if (broken.length === 0 || head === null) return null;
  const cycle = walkChain({ ...graph, skipped: new Set() }, head).cycle;
  return cycle === null ? null : { kind: 'cycle', path: cycle };
}
