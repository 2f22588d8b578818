import type { UpgradeEdge, UpgradeNode } from '../catalog/upgrade-graph.ts';
import type { UpgradePath } from '../catalog/upgrade-path.ts';
import type { GraphView } from './graph-view.ts';

/** What `olmirror graph --format json` prints; `schemas/graph.schema.json` describes it. */
export interface GraphDocument {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'Graph';
  /** Installed version that the paths start at; null where none was given. */
  readonly from: string | null;
  readonly channels: readonly GraphChannel[];
}

interface GraphChannel {
  readonly catalog: string;
  readonly package: string;
  readonly channel: string;
  readonly default: boolean;
  readonly deprecated: string | null;
  readonly head: string | null;
  readonly heads: readonly string[];
  readonly nodes: readonly UpgradeNode[];
  readonly edges: readonly UpgradeEdge[];
  readonly path: UpgradePath | null;
}

export function buildGraphDocument(
  views: readonly GraphView[],
  from: string | null,
): GraphDocument {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Graph',
    from,
    channels: views.map(({ catalog, graph, path }) => ({
      catalog,
      package: graph.package,
      channel: graph.channel,
      default: graph.isDefault,
      deprecated: graph.deprecated,
      head: graph.offered[0]?.name ?? null,
      heads: graph.heads,
      nodes: graph.nodes,
      edges: graph.edges,
      path,
    })),
  };
}
