import { compareVersions, tryParseVersion, type Version } from '../base/semver.ts';
import { formatBundleVersion, readBundleVersion, readVersions } from './blob-fields.ts';
import type { CatalogPackage } from './types.ts';
import type { UpgradeGraph, UpgradeNode } from './upgrade-graph.ts';
import { type Hop, type Installed, listOffers, readVersionInName } from './upgrade-graph.ts';

/** What would lead a version to the head that no path leads there. */
export type Bridge =
  /** Another channel offers `bundle`, from which a path leads on in this one. */
  | { readonly kind: 'channel'; readonly channel: string; readonly bundle: string }
  /** `bundle` is not in the catalog, but OLM would get from it to the head. */
  | { readonly kind: 'bundle'; readonly bundle: string }
  /** The lowest higher version that OLM offers: its entry would have to skip what is installed. */
  | { readonly kind: 'edge'; readonly bundle: string };

export interface UpgradePath {
  /**
   * `ahead`: higher than the head. `stranded`: OLM does not get to the head. `refused`: OLM refuses
   * the channel.
   */
  readonly status: 'at-head' | 'reaches-head' | 'ahead' | 'stranded' | 'refused';
  /** What OLM may offer now, nearest the head first: it takes the first. */
  readonly offers: readonly Hop[];
  /** Every hop that OLM takes, up to the head or to where it ends. */
  readonly hops: readonly Hop[];
  readonly bridges: readonly Bridge[];
}

/** The path that OLM takes in one channel, hop by hop; `graphs` are all of the package. */
export function findUpgradePath(
  graph: UpgradeGraph,
  installed: Installed,
  graphs: readonly UpgradeGraph[],
): UpgradePath {
  const head = graph.offered[0]?.name;
  if (head === undefined) return { status: 'refused', offers: [], hops: [], bridges: [] };
  if (installed.name === head) return { status: 'at-head', offers: [], hops: [], bridges: [] };
  const hops = walkHops(graph, installed, head);
  const offers = listOffers(graph, installed);
  if (hops.at(-1)?.to === head) return { status: 'reaches-head', offers, hops, bridges: [] };
  if (hops.length === 0 && isAhead(graph, installed))
    return { status: 'ahead', offers, hops, bridges: [] };
  return { status: 'stranded', offers, hops, bridges: listBridges(graph, installed, graphs) };
}

function walkHops(graph: UpgradeGraph, installed: Installed, head: string): readonly Hop[] {
  const hops: Hop[] = [];
  const seen = new Set([installed.name]);
  let current = installed;
  while (current.name !== head) {
    const [next] = listOffers(graph, current);
    if (next === undefined || seen.has(next.to)) break;
    hops.push(next);
    seen.add(next.to);
    current = { name: next.to, version: versionOf(graph, next.to) };
  }
  return hops;
}

function versionOf(graph: UpgradeGraph, name: string): Version | null {
  const node = graph.nodes.find((candidate) => candidate.name === name);
  return tryParseVersion(node?.version ?? '') ?? readVersionInName(name);
}

function isAhead(graph: UpgradeGraph, { version }: Installed): boolean {
  const head = versionOf(graph, graph.offered[0]?.name ?? '');
  return version !== null && head !== null && compareVersions(version, head) > 0;
}

function listBridges(
  graph: UpgradeGraph,
  installed: Installed,
  graphs: readonly UpgradeGraph[],
): readonly Bridge[] {
  const reaching = new Map(
    graph.nodes.filter((node) => node.depth !== null).map((node) => [node.name, node]),
  );
  const channels = graphs.flatMap((other): readonly Bridge[] => {
    if (other.channel === graph.channel) return [];
    const hop = listOffers(other, installed).find(({ to }) => reaching.has(to));
    return hop === undefined ? [] : [{ kind: 'channel', channel: other.channel, bundle: hop.to }];
  });
  const higher = [...reaching.values()].filter((node) => isHigher(graph, node, installed));
  const missing = higher
    .filter((node) => !node.entry && !node.skipped && node.version === '')
    .at(-1);
  const offered = new Set(graph.offered.map((entry) => entry.name));
  const lowest = higher.filter((node) => offered.has(node.name)).at(-1);
  return [
    ...channels,
    ...(missing === undefined ? [] : [{ kind: 'bundle' as const, bundle: missing.name }]),
    ...(lowest === undefined ? [] : [{ kind: 'edge' as const, bundle: lowest.name }]),
  ];
}

function isHigher(graph: UpgradeGraph, node: UpgradeNode, { version }: Installed): boolean {
  const own = versionOf(graph, node.name);
  return version !== null && own !== null && compareVersions(own, version) > 0;
}

/**
 * What a user means by a version (`1.2.3`, `v1.2.3`) or a name (`etcd.v1.2.3`). It need not be in the
 * catalog, since a `skipRange` may hold it. Null where it is neither.
 */
export function findInstalled(
  text: string,
  pkg: CatalogPackage,
  graphs: readonly UpgradeGraph[],
): Installed | null {
  const names = new Set(graphs.flatMap((graph) => graph.nodes.map((node) => node.name)));
  for (const bundle of pkg.bundles) names.add(bundle.name);
  const versions = readVersions(pkg);
  if (names.has(text))
    return { name: text, version: versions.get(text) ?? readVersionInName(text) };
  const plain = text.replace(/^v(?=\d)/, '');
  const version = tryParseVersion(plain);
  if (version === null) {
    const named = readVersionInName(text);
    return named === null ? null : { name: text, version: named };
  }
  const bundle = pkg.bundles.find((candidate) => {
    const own = readBundleVersion(candidate);
    return own.version === plain || formatBundleVersion(own) === plain;
  });
  const name = bundle?.name ?? [...names].find((candidate) => endsInVersion(candidate, plain));
  return { name: name ?? '', version: versions.get(name ?? '') ?? version };
}

function endsInVersion(name: string, version: string): boolean {
  return name.endsWith(`.v${version}`) || name.endsWith(`.${version}`);
}
