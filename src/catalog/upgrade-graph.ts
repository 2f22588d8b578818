import { compareVersions, tryParseVersion, type Version } from '../base/semver.ts';
import { compareBytes } from '../base/text.ts';
import {
  type ChannelEntry,
  type DeprecationEntry,
  formatBundleVersion,
  readBundleVersion,
  readDefaultChannel,
  readDeprecations,
  readEntries,
  readVersions,
} from './blob-fields.ts';
import { buildChannelGraph, type ChannelGraph, findHead } from './channel-graph.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { isInRange, tryParseVersionRange, type VersionRange } from './version-range.ts';

export type EdgeKind = 'replaces' | 'skips' | 'skipRange';

export interface UpgradeNode {
  readonly name: string;
  /** As its bundle says; empty where the package has no such bundle. */
  readonly version: string;
  /** Entry of the channel; false for a name that an entry only replaces or skips. */
  readonly entry: boolean;
  readonly skipped: boolean;
  /** Range of its entry; empty for none. */
  readonly skipRange: string;
  /** Message of its deprecation; null where it is not deprecated. */
  readonly deprecated: string | null;
  /** Hops that OLM takes from here to the head; null where it gets there by none. */
  readonly depth: number | null;
}

export interface UpgradeEdge {
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
}

/** An entry that OLM may offer, and what may go there in one hop. */
interface OfferedEntry {
  readonly name: string;
  readonly replaces: string;
  readonly skips: ReadonlySet<string>;
  readonly range: VersionRange | null;
}

/** How OLM sees one channel (spec "file-based catalogs" §3). */
export interface UpgradeGraph {
  readonly package: string;
  readonly channel: string;
  readonly isDefault: boolean;
  /** Message of the channel's deprecation, or of its package's; null for none. */
  readonly deprecated: string | null;
  readonly packageDeprecated: boolean;
  /** Entries that nothing replaces or skips: OLM wants exactly one. */
  readonly heads: readonly string[];
  /**
   * What OLM may offer, from the head down along `replaces`, what is skipped left out. Empty where
   * OLM refuses the channel: no head, several of them, or a cycle below it.
   */
  readonly offered: readonly OfferedEntry[];
  /** The offered ones in their order, then the others by falling version. */
  readonly nodes: readonly UpgradeNode[];
  /** From what is installed to what OLM may offer for it or, were that not skipped, might. */
  readonly edges: readonly UpgradeEdge[];
}

/** What runs on a cluster: empty or null where that is not known. */
export interface Installed {
  readonly name: string;
  readonly version: Version | null;
}

export interface Hop {
  readonly kind: EdgeKind;
  readonly to: string;
}

/**
 * The graphs of a package's channels, in byte order of the channels' names; a channel that opm
 * refuses gets one, too.
 */
export function buildUpgradeGraphs(pkg: CatalogPackage): readonly UpgradeGraph[] {
  return pkg.channels
    .toSorted((a, b) => compareBytes(a.name, b.name))
    .map((channel) => buildUpgradeGraph(pkg, channel));
}

function buildUpgradeGraph(pkg: CatalogPackage, channel: Blob): UpgradeGraph {
  const graph = buildChannelGraph(readEntries(channel));
  const versions = inferVersions(graph, readVersions(pkg));
  const offered = listOffered(graph);
  const order = sortNames(graph, offered, versions);
  const nextHops = new Map(
    order.map((name) => {
      const [next] = listOffersOf(offered, { name, version: versions.get(name) ?? null });
      return [name, next?.to];
    }),
  );
  const depths = measureDepths(offered[0]?.name ?? null, nextHops);
  const deprecations = pkg.deprecations.flatMap(readDeprecations);
  const texts = new Map(
    pkg.bundles.map((bundle) => [bundle.name, formatBundleVersion(readBundleVersion(bundle))]),
  );
  return {
    package: pkg.name,
    channel: channel.name,
    isDefault: readDefaultChannel(pkg) === channel.name,
    deprecated:
      findDeprecation(deprecations, 'olm.channel', channel.name) ??
      findDeprecation(deprecations, 'olm.package', null),
    packageDeprecated: findDeprecation(deprecations, 'olm.package', null) !== null,
    heads: graph.heads,
    offered,
    nodes: order.map((name) => ({
      name,
      version: texts.get(name) ?? '',
      entry: graph.entries.has(name),
      skipped: graph.skipped.has(name),
      skipRange: graph.entries.get(name)?.skipRange ?? '',
      deprecated: findDeprecation(deprecations, 'olm.bundle', name),
      depth: depths.get(name) ?? null,
    })),
    edges: order.flatMap((name) => listEdges(graph.entries.get(name), order, versions)),
  };
}

/** Where OLM may go from here in one hop, nearest the head first: it takes the first. */
export function listOffers(graph: UpgradeGraph, installed: Installed): readonly Hop[] {
  return listOffersOf(graph.offered, installed);
}

function listOffersOf(offered: readonly OfferedEntry[], installed: Installed): readonly Hop[] {
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
function listOffered(graph: ChannelGraph): readonly OfferedEntry[] {
  const head = findHead(graph);
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
  const range = skipRange === '' ? null : tryParseVersionRange(skipRange);
  return { name, replaces, skips: new Set(skips), range };
}

/** A name without a bundle counts as the version it ends in: it may still run on a cluster. */
function inferVersions(
  graph: ChannelGraph,
  versions: ReadonlyMap<string, Version>,
): ReadonlyMap<string, Version> {
  const inferred = new Map(versions);
  for (const name of listNames(graph)) {
    const version = inferred.get(name) ?? readVersionInName(name);
    if (version !== null) inferred.set(name, version);
  }
  return inferred;
}

function listNames(graph: ChannelGraph): ReadonlySet<string> {
  const replaced = [...graph.entries.values()].map((entry) => entry.replaces);
  const names = new Set([...graph.entries.keys(), ...graph.skipped, ...replaced]);
  names.delete('');
  return names;
}

function sortNames(
  graph: ChannelGraph,
  offered: readonly OfferedEntry[],
  versions: ReadonlyMap<string, Version>,
): readonly string[] {
  const first = new Set(offered.map((entry) => entry.name));
  const others = [...listNames(graph)].filter((name) => !first.has(name));
  return [...first, ...others.toSorted((a, b) => compareFalling(a, b, versions))];
}

function compareFalling(a: string, b: string, versions: ReadonlyMap<string, Version>): number {
  const [first, second] = [versions.get(a), versions.get(b)];
  if (first === undefined || second === undefined)
    return Number(first === undefined) - Number(second === undefined) || compareBytes(b, a);
  return compareVersions(second, first) || compareBytes(b, a);
}

/** The version in a name such as `etcd.v1.2.3`, as operators are named by custom; null for none. */
export function readVersionInName(name: string): Version | null {
  const match = /\.v?(\d+\.\d+\.\d+.*)$/s.exec(name);
  return match?.[1] === undefined ? null : tryParseVersion(match[1]);
}

/** Hops to the head where each name goes to its next one; what runs in a circle gets none. */
function measureDepths(
  head: string | null,
  nextHops: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>(head === null ? [] : [[head, 0]]);
  const measured = new Set(depths.keys());
  for (const start of nextHops.keys()) {
    const path: string[] = [];
    let current: string | undefined = start;
    while (current !== undefined && !measured.has(current)) {
      measured.add(current);
      path.push(current);
      current = nextHops.get(current);
    }
    const end = current === undefined ? undefined : depths.get(current);
    if (end !== undefined)
      for (const [i, name] of path.toReversed().entries()) depths.set(name, end + i + 1);
  }
  return depths;
}

function listEdges(
  entry: ChannelEntry | undefined,
  names: readonly string[],
  versions: ReadonlyMap<string, Version>,
): readonly UpgradeEdge[] {
  if (entry === undefined) return [];
  const to = entry.name;
  const skips = [...new Set(entry.skips)].filter((name) => name !== '');
  const { range } = offerEntry(entry);
  const covered = names.filter((name) => {
    const version = versions.get(name);
    return range !== null && version !== undefined && name !== to && isInRange(version, range);
  });
  return [
    ...(entry.replaces === '' ? [] : [{ kind: 'replaces' as const, from: entry.replaces, to }]),
    ...skips.map((from) => ({ kind: 'skips' as const, from, to })),
    ...covered.map((from) => ({ kind: 'skipRange' as const, from, to })),
  ];
}

function findDeprecation(
  deprecations: readonly DeprecationEntry[],
  schema: string,
  name: string | null,
): string | null {
  return (
    deprecations.find((entry) => entry.schema === schema && (name === null || entry.name === name))
      ?.message ?? null
  );
}
