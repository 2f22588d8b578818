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
import { buildChannelGraph, type ChannelGraph } from './channel-graph.ts';
import { inferVersions, listNames, readVersionInName } from './installable.ts';
import { buildOlmWalk, type EdgeKind, type OfferedEntry, readRange } from './olm-walk.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { isInRange } from './version-range.ts';

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
  /** As its `OlmWalk` has it. */
  readonly offered: readonly OfferedEntry[];
  /** The offered ones in their order, then the others by falling version. */
  readonly nodes: readonly UpgradeNode[];
  /** From what is installed to what OLM may offer for it or, were that not skipped, might. */
  readonly edges: readonly UpgradeEdge[];
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

/**
 * The graph of one channel, whether or not the package has it. `head` is taken for the head where
 * the channel has several: what would be if that were the only one.
 */
export function buildUpgradeGraph(
  pkg: CatalogPackage,
  channel: Blob,
  head?: string | null,
): UpgradeGraph {
  const graph = buildChannelGraph(readEntries(channel));
  const versions = inferVersions(graph, readVersions(pkg));
  const walk = buildOlmWalk(graph, versions, head);
  const { offered } = walk;
  const order = sortNames(graph, offered, versions);
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
      depth: walk.countHops({ name, version: versions.get(name) ?? null }),
    })),
    edges: order.flatMap((name) => listEdges(graph.entries.get(name), order, versions)),
  };
}

/** The version of a node, by its bundle or, without one, by its name; null for none. */
export function readNodeVersion({ nodes }: UpgradeGraph, name: string): Version | null {
  const node = nodes.find((candidate) => candidate.name === name);
  return tryParseVersion(node?.version ?? '') ?? readVersionInName(name);
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

function listEdges(
  entry: ChannelEntry | undefined,
  names: readonly string[],
  versions: ReadonlyMap<string, Version>,
): readonly UpgradeEdge[] {
  if (entry === undefined) return [];
  const to = entry.name;
  const skips = [...new Set(entry.skips)].filter((name) => name !== '');
  const range = readRange(entry.skipRange);
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
