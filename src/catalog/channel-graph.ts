import { compareVersions, type Version } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import type { ChannelEntry } from './blob-fields.ts';
import { isInRange, tryParseVersionRange } from './version-range.ts';

/** The upgrade graph of one channel. */
export interface ChannelGraph {
  readonly entries: ReadonlyMap<string, ChannelEntry>;
  /** Names that some entry skips, present in the channel or not. */
  readonly skipped: ReadonlySet<string>;
  /** Entries that no entry replaces or skips, in byte order; `skipRange` does not count. */
  readonly heads: readonly string[];
}

/** A fault of a graph that opm refuses (spec "file-based catalogs" §2, D8 to D12). */
export type GraphFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'no-head' }
  | { readonly kind: 'several-heads'; readonly heads: readonly string[] }
  | { readonly kind: 'cycle'; readonly path: readonly string[] }
  | { readonly kind: 'stranded'; readonly entries: readonly string[] };

export function buildChannelGraph(entries: readonly ChannelEntry[]): ChannelGraph {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const skipped = new Set(entries.flatMap((entry) => entry.skips));
  const replaced = new Set(entries.map((entry) => entry.replaces));
  const heads = [...byName.keys()].filter((name) => !skipped.has(name) && !replaced.has(name));
  return { entries: byName, skipped, heads: heads.toSorted(compareBytes) };
}

/** The head, where there is exactly one. */
export function findHead(graph: ChannelGraph): string | null {
  return graph.heads.length === 1 ? (graph.heads[0] ?? null) : null;
}

/** What opm would refuse; where there is no single head, the chain is not walked. */
export function findGraphFaults(graph: ChannelGraph): readonly GraphFault[] {
  if (graph.entries.size === 0) return [{ kind: 'empty' }];
  const [head, ...others] = graph.heads;
  if (head === undefined) return [{ kind: 'no-head' }];
  if (others.length > 0) return [{ kind: 'several-heads', heads: graph.heads }];
  const { chain, cycle } = walkChain(graph, head);
  if (cycle !== null) return [{ kind: 'cycle', path: cycle }];
  const stranded = [...graph.entries.keys()].filter(
    (name) => !chain.has(name) && !graph.skipped.has(name),
  );
  return stranded.length === 0
    ? []
    : [{ kind: 'stranded', entries: stranded.toSorted(compareBytes) }];
}

/** The `replaces` chain from an entry down, as opm walks it: it ends before a name that is skipped. */
export function walkChain(
  graph: ChannelGraph,
  from: string,
): { readonly chain: ReadonlySet<string>; readonly cycle: readonly string[] | null } {
  const chain = new Set([from]);
  let current = graph.entries.get(from);
  while (current !== undefined && current.replaces !== '' && !graph.skipped.has(current.replaces)) {
    const next = current.replaces;
    if (chain.has(next))
      return { chain, cycle: [...[...chain].slice([...chain].indexOf(next)), next] };
    chain.add(next);
    current = graph.entries.get(next);
  }
  return { chain, cycle: null };
}

/** The names whose version the entry's `skipRange` holds. */
export function listCovered(
  entry: ChannelEntry,
  candidates: Iterable<readonly [string, Version]>,
): readonly string[] {
  const range = entry.skipRange === '' ? null : tryParseVersionRange(entry.skipRange);
  if (range === null) return [];
  return [...candidates]
    .filter(([name, version]) => name !== entry.name && isInRange(version, range))
    .map(([name]) => name);
}

/** The name with the highest version; names without one come last. Null for no names. */
export function pickHighest(
  names: readonly string[],
  versions: ReadonlyMap<string, Version>,
): string | null {
  let best: string | null = null;
  for (const name of names) {
    if (best === null || compareNamed(name, best, versions) > 0) best = name;
  }
  return best;
}

function compareNamed(a: string, b: string, versions: ReadonlyMap<string, Version>): number {
  const first = versions.get(a);
  const second = versions.get(b);
  if (first === undefined || second === undefined)
    return Number(first !== undefined) - Number(second !== undefined) || compareBytes(a, b);
  return compareVersions(first, second) || compareBytes(a, b);
}
