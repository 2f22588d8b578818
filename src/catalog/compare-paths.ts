import { readEntries, readVersions } from './blob-fields.ts';
import { listBrokenRanges } from './broken-ranges.ts';
import { buildChannelGraph, findHead } from './channel-graph.ts';
import { inferVersions, listInstallable } from './installable.ts';
import { buildOlmWalk, type Installed, type OlmWalk } from './olm-walk.ts';
import type { Blob, CatalogPackage } from './types.ts';

/** A channel and the package that it belongs to. */
export interface ChannelSide {
  readonly pkg: CatalogPackage;
  readonly channel: Blob;
}

/** How OLM's way to the head changed for what a cluster could have installed before. */
export interface PathChanges {
  readonly broken: readonly Installed[];
  readonly opened: readonly Installed[];
  /** Parts of a `skipRange` whose versions, none of them known by name, lost their way; as ranges. */
  readonly brokenRanges: readonly string[];
}

const NO_CHANGES: PathChanges = { broken: [], opened: [], brokenRanges: [] };

/**
 * Compares where OLM gets to the head of a channel by its own walk. A channel without a single head
 * says nothing; `head` is taken for that of `after` where it has several. A cycle below the head
 * breaks every path: OLM then refuses the channel, though opm may not.
 */
export function comparePaths(before: ChannelSide, after: ChannelSide, head?: string): PathChanges {
  const [old, fresh] = [walkSide(before), walkSide(after, head)];
  if (old === null || fresh === null || old.offered.length === 0) return NO_CHANGES;
  const versions = readVersions(after.pkg);
  const installable = listInstallable(before.pkg, before.channel).map(({ name, version }) => ({
    name,
    version: version ?? versions.get(name) ?? null,
  }));
  const judged = installable.map((installed) => ({
    installed,
    was: old.countHops(installed) !== null,
    is: fresh.countHops(installed) !== null,
  }));
  return {
    broken: judged.filter(({ was, is }) => was && !is).map(({ installed }) => installed),
    opened: judged.filter(({ was, is }) => !was && is).map(({ installed }) => installed),
    brokenRanges: listBrokenRanges(old, fresh, installable),
  };
}

/** What a cluster could have installed and OLM gets to the head of the channel. */
export function listReaching(side: ChannelSide): readonly Installed[] {
  const walk = walkSide(side);
  return listInstallable(side.pkg, side.channel).filter(
    (installed) => walk !== null && walk.countHops(installed) !== null,
  );
}

function walkSide({ pkg, channel }: ChannelSide, wanted?: string): OlmWalk | null {
  const graph = buildChannelGraph(readEntries(channel));
  const head = wanted ?? findHead(graph);
  return head === null ? null : buildOlmWalk(graph, inferVersions(graph, readVersions(pkg)), head);
}
