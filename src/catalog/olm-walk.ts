import type { Version } from '../base/semver.ts';
import type { ChannelEntry } from './blob-fields.ts';
import { type ChannelGraph, findHead } from './channel-graph.ts';
import { isInRange, tryParseVersionRange, type VersionRange } from './version-range.ts';

export type EdgeKind = 'replaces' | 'skips' | 'skipRange';

/** What runs on a cluster: empty or null where that is not known. */
export interface Installed {
  readonly name: string;
  readonly version: Version | null;
}

export interface Hop {
  readonly kind: EdgeKind;
  readonly to: string;
}

/** An entry that OLM may offer, and what may go there in one hop. */
export interface OfferedEntry {
  readonly name: string;
  readonly replaces: string;
  readonly skips: ReadonlySet<string>;
  readonly range: VersionRange | null;
}

/**
 * How OLM upgrades in one channel (spec "file-based catalogs" §3): of the entries that it may offer
 * it takes the one nearest the head that replaces or skips what is installed, or whose `skipRange`
 * holds its version; then the same again from there. The one model of it: merge, diff and graph
 * judge by it.
 */
export interface OlmWalk {
  /**
   * What OLM may offer, from the head down along `replaces`, what is skipped left out. Empty where
   * OLM refuses the channel: no head, several of them, or a cycle below it.
   */
  readonly offered: readonly OfferedEntry[];
  /** Hops that OLM takes from here to the head; null where it gets there by none. */
  countHops(installed: Installed): number | null;
}

/**
 * The walk in one channel. `versions` has those of the entries. `head` stands in where it is asked
 * what would be if that were the one head.
 */
export function buildOlmWalk(
  graph: ChannelGraph,
  versions: ReadonlyMap<string, Version>,
  head: string | null = findHead(graph),
): OlmWalk {
  const offered = listOffered(graph, head);
  const findNext = createFinder(offered);
  const nexts = offered.map(({ name }) => findNext({ name, version: versions.get(name) ?? null }));
  const depths = measureDepths(nexts);
  return {
    offered,
    countHops(installed) {
      if (offered[0] !== undefined && installed.name === offered[0].name) return 0;
      const depth = depths[findNext(installed) ?? -1] ?? null;
      return depth === null ? null : depth + 1;
    },
  };
}

/** Where OLM may go from here in one hop, nearest the head first: it takes the first. */
export function listOffers(offered: readonly OfferedEntry[], installed: Installed): readonly Hop[] {
  return offered.flatMap((entry) => {
    const kind = entry.name === installed.name ? null : findEdgeKind(entry, installed);
    return kind === null ? [] : [{ kind, to: entry.name }];
  });
}

function findEdgeKind(entry: OfferedEntry, { name, version }: Installed): EdgeKind | null {
  if (name !== '' && entry.replaces === name) return 'replaces';
  if (name !== '' && entry.skips.has(name)) return 'skips';
  return version !== null && entry.range !== null && isInRange(version, entry.range)
    ? 'skipRange'
    : null;
}

// OLM, unlike opm, walks on through an entry that is skipped.
function listOffered(graph: ChannelGraph, head: string | null): readonly OfferedEntry[] {
  const seen = new Set<string>();
  let current = head === null ? undefined : graph.entries.get(head);
  while (current !== undefined) {
    if (seen.has(current.name)) return [];
    seen.add(current.name);
    current = graph.entries.get(current.replaces);
  }
  return [...seen].flatMap((name) => {
    const entry = graph.entries.get(name);
    return entry === undefined || graph.skipped.has(name) ? [] : [offerEntry(entry)];
  });
}

function offerEntry({ name, replaces, skips, skipRange }: ChannelEntry): OfferedEntry {
  return { name, replaces, skips: new Set(skips), range: readRange(skipRange) };
}

/** Null for no range, and for one that cannot be read: OLM then leaves it out. */
export function readRange(skipRange: string): VersionRange | null {
  return skipRange === '' ? null : tryParseVersionRange(skipRange);
}

/** Finds the first offer by its index, as `listOffers` would, without asking every entry. */
function createFinder(
  offered: readonly OfferedEntry[],
): (installed: Installed) => number | undefined {
  const byName = new Map<string, number>();
  for (const [index, { name, replaces, skips }] of offered.entries())
    for (const from of [replaces, ...skips])
      if (from !== '' && from !== name && !byName.has(from)) byName.set(from, index);
  const ranged = [...offered.entries()].filter(([, { range }]) => range !== null);
  return ({ name, version }) => {
    const named = byName.get(name);
    if (version === null) return named;
    const found = ranged.find(
      ([index, entry]) =>
        (named !== undefined && index >= named) ||
        (entry.name !== name && entry.range !== null && isInRange(version, entry.range)),
    );
    return found === undefined ? named : Math.min(found[0], named ?? found[0]);
  };
}

/** Hops to the head, which is the first, where each entry goes to its next one; null for a circle. */
function measureDepths(nexts: readonly (number | undefined)[]): readonly (number | null)[] {
  const depths: (number | null)[] = nexts.map((_, index) => (index === 0 ? 0 : null));
  const measured = new Set([0]);
  for (const start of nexts.keys()) {
    const path: number[] = [];
    let current: number | undefined = start;
    while (current !== undefined && !measured.has(current)) {
      measured.add(current);
      path.push(current);
      current = nexts[current];
    }
    const end = current === undefined ? null : (depths[current] ?? null);
    if (end !== null) for (const [i, at] of path.toReversed().entries()) depths[at] = end + i + 1;
  }
  return depths;
}
