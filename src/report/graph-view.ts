import type { UpgradeGraph } from '../catalog/upgrade-graph.ts';
import type { UpgradePath } from '../catalog/upgrade-path.ts';

/** One channel of one catalog as it is shown. */
export interface GraphView {
  readonly catalog: string;
  readonly graph: UpgradeGraph;
  /** What OLM does from an installed version; null where none was given. */
  readonly path: UpgradePath | null;
}

/** The views, together where they belong to one package of one catalog. */
export function groupByPackage(views: readonly GraphView[]): readonly (readonly GraphView[])[] {
  const groups = Map.groupBy(views, ({ catalog, graph }) =>
    JSON.stringify([catalog, graph.package]),
  );
  return [...groups.values()];
}

/** Entries that no path leads to the head from. */
export function countStranded(graph: UpgradeGraph): number {
  return graph.nodes.filter((node) => node.entry && node.depth === null).length;
}
