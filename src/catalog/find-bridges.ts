import { compareVersions } from '../base/semver.ts';
import { type Installed, listOffers } from './olm-walk.ts';
import { readNodeVersion, type UpgradeGraph, type UpgradeNode } from './upgrade-graph.ts';

/** What would lead a version to the head that no path leads there. */
export type Bridge =
  /** Another channel offers `bundle`, from which a path leads on in this one. */
  | { readonly kind: 'channel'; readonly channel: string; readonly bundle: string }
  /** In another channel a path leads to its head, `bundle`. */
  | { readonly kind: 'other-head'; readonly channel: string; readonly bundle: string }
  /** `bundle` is not in the catalog, but OLM would get from it to the head. */
  | { readonly kind: 'bundle'; readonly bundle: string }
  /** The lowest higher version that OLM offers: its entry would have to skip what is installed. */
  | { readonly kind: 'edge'; readonly bundle: string };

/** Every way to bridge it in one channel; `graphs` are all of the package. */
export function listBridges(
  graph: UpgradeGraph,
  installed: Installed,
  graphs: readonly UpgradeGraph[],
): readonly Bridge[] {
  const reaching = new Map(
    graph.nodes.filter((node) => node.depth !== null).map((node) => [node.name, node]),
  );
  const channels = graphs
    .filter((other) => other.channel !== graph.channel)
    .flatMap((other) => bridgeByChannel(other, installed, reaching) ?? []);
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

function bridgeByChannel(
  other: UpgradeGraph,
  installed: Installed,
  reaching: ReadonlyMap<string, UpgradeNode>,
): Bridge | null {
  const { channel } = other;
  const offers = listOffers(other.offered, installed);
  const back = offers.find(({ to }) => reaching.has(to));
  if (back !== undefined) return { kind: 'channel', channel, bundle: back.to };
  const [first] = offers;
  const [head] = other.offered;
  const next = other.nodes.find((node) => node.name === first?.to);
  return head === undefined || next === undefined || next.depth === null
    ? null
    : { kind: 'other-head', channel, bundle: head.name };
}

function isHigher(graph: UpgradeGraph, node: UpgradeNode, { version }: Installed): boolean {
  const own = readNodeVersion(graph, node.name);
  return version !== null && own !== null && compareVersions(own, version) > 0;
}
