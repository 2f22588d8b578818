import { compareVersions, tryParseVersion } from '../base/semver.ts';
import { formatBundleVersion, readBundleVersion, readVersions } from './blob-fields.ts';
import { type Bridge, listBridges } from './find-bridges.ts';
import { readVersionInName } from './installable.ts';
import { type Hop, type Installed, listOffers } from './olm-walk.ts';
import type { CatalogPackage } from './types.ts';
import { readNodeVersion, type UpgradeGraph } from './upgrade-graph.ts';

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
  const offers = listOffers(graph.offered, installed);
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
    const [next] = listOffers(graph.offered, current);
    if (next === undefined || seen.has(next.to)) break;
    hops.push(next);
    seen.add(next.to);
    current = { name: next.to, version: readNodeVersion(graph, next.to) };
  }
  return hops;
}

function isAhead(graph: UpgradeGraph, { version }: Installed): boolean {
  const head = readNodeVersion(graph, graph.offered[0]?.name ?? '');
  return version !== null && head !== null && compareVersions(version, head) > 0;
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
