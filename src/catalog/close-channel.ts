import type { Version } from '../base/semver.ts';
import { readEntries } from './blob-fields.ts';
import { buildChannelGraph, type ChannelGraph, findGraphFaults } from './channel-graph.ts';
import { listOffers } from './olm-walk.ts';
import type { Blob } from './types.ts';
import type { UpgradeGraph } from './upgrade-graph.ts';

/** The ways up in one channel. */
export interface ChannelWays {
  readonly channel: Blob;
  readonly entries: ReadonlySet<string>;
  /** False where opm or OLM refuses the channel: then nobody can say what leads where. */
  readonly sound: boolean;
  /** What OLM may offer, from the head down. */
  readonly offered: readonly string[];
  /** For each entry, what OLM may offer for it, nearest the head first. */
  readonly offers: ReadonlyMap<string, readonly string[]>;
  readonly skippers: ReadonlyMap<string, readonly string[]>;
}

export function buildChannelWays(
  channel: Blob,
  upgrades: UpgradeGraph,
  versions: ReadonlyMap<string, Version>,
): ChannelWays {
  const graph = buildChannelGraph(readEntries(channel));
  const offered = upgrades.offered.map(({ name }) => name);
  const offers = [...graph.entries.keys()].map((name) => {
    const hops = listOffers(upgrades.offered, { name, version: versions.get(name) ?? null });
    return [name, hops.map(({ to }) => to)] as const;
  });
  return {
    channel,
    entries: new Set(graph.entries.keys()),
    sound: offered.length > 0 && findGraphFaults(graph).length === 0,
    offered,
    offers: new Map(offers),
    skippers: listSkippers(graph),
  };
}

function listSkippers(graph: ChannelGraph): ReadonlyMap<string, readonly string[]> {
  const skippers = new Map<string, string[]>();
  for (const entry of graph.entries.values())
    for (const skip of entry.skips) skippers.set(skip, [...(skippers.get(skip) ?? []), entry.name]);
  return skippers;
}

/**
 * The entries that must stay with the `wanted` ones: the head, every entry through which OLM takes
 * one of them up to the head, and what links two of them where the upper one does not take the lower
 * one by itself. What OLM strands already keeps the entries that skip it. All entries of a channel
 * that opm or OLM refuses.
 */
export function closeChannel(ways: ChannelWays, wanted: ReadonlySet<string>): ReadonlySet<string> {
  if (!ways.sound) return ways.entries;
  const kept = new Set(ways.offered.slice(0, 1));
  for (const name of wanted) if (ways.entries.has(name)) kept.add(name);
  for (let size = -1; size !== kept.size; ) {
    size = kept.size;
    // A set that grows while it is walked hands out what was added.
    for (const name of kept) addHop(name, ways, kept);
    addLinks(ways, kept);
  }
  return kept;
}

function addHop(name: string, ways: ChannelWays, kept: Set<string>): void {
  const [first] = ways.offers.get(name) ?? [];
  if (first !== undefined) kept.add(first);
  else for (const skipper of ways.skippers.get(name) ?? []) kept.add(skipper);
}

function addLinks({ offered, offers }: ChannelWays, kept: Set<string>): void {
  const places = new Map(offered.map((name, place) => [name, place]));
  let upper = 0;
  for (const [place, name] of offered.entries()) {
    if (!kept.has(name) || place === 0) continue;
    const between = (offers.get(name) ?? []).find((offer) => {
      const at = places.get(offer) ?? -1;
      return at >= upper && at < place;
    });
    if (between !== undefined) kept.add(between);
    upper = place;
  }
}
