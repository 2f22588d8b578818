import type { UpgradeGraph, UpgradeNode } from '../catalog/upgrade-graph.ts';
import { cleanLine } from './clean-line.ts';
import { type GraphView, groupByPackage } from './graph-view.ts';

/** Graphviz: a cluster per package and channel, edges from old to new. */
export function renderGraphDot(views: readonly GraphView[]): string {
  const groups = groupByPackage(views).flatMap(renderPackage);
  return `digraph upgrades {
  rankdir=LR
  node [shape=box, style="rounded,filled", fillcolor=white]
${groups.map((line) => `${line}\n`).join('')}}
`;
}

function renderPackage(group: readonly GraphView[], index: number): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const label = `${first.catalog} / ${first.graph.package}`;
  return [
    `  subgraph cluster_${index} {`,
    `    label=${quote(label)}`,
    ...(first.graph.packageDeprecated ? ['    bgcolor="#989695"'] : []),
    ...group.flatMap((view, i) => renderChannel(view, `${index}_${i}`)),
    '  }',
  ];
}

function renderChannel({ graph, path }: GraphView, id: string): readonly string[] {
  const ids = new Map(graph.nodes.map((node, i) => [node.name, `n${id}_${i}`]));
  const ranges = new Map(graph.nodes.map((node) => [node.name, node.skipRange]));
  const onPath = new Set(path?.hops.map((hop) => hop.to));
  const deprecated = graph.deprecated !== null && !graph.packageDeprecated;
  const edges = graph.edges.map(({ from, to, kind }) => {
    const label = kind === 'skipRange' ? `skipRange(${ranges.get(to) ?? ''})` : kind;
    return `      ${ids.get(from)} -> ${ids.get(to)} [label=${quote(label)}${kind === 'replaces' ? '' : ', style=dashed'}]`;
  });
  return [
    `    subgraph cluster_${id} {`,
    `      label=${quote(`${graph.channel}${graph.isDefault ? ' (default)' : ''}`)}`,
    ...(deprecated ? ['      bgcolor="#DCD0FF"'] : []),
    ...graph.nodes.map(
      (node) => `      ${ids.get(node.name)} [${listAttributes(node, graph, onPath).join(', ')}]`,
    ),
    ...edges,
    '    }',
  ];
}

function listAttributes(
  node: UpgradeNode,
  graph: UpgradeGraph,
  onPath: ReadonlySet<string>,
): readonly string[] {
  return [
    `label=${quote(node.name)}`,
    ...(node.deprecated === null ? [] : ['fillcolor="#E8960F"']),
    ...(node.skipped ? ['style="rounded,filled,dashed"'] : []),
    ...(node.entry && node.depth === null ? ['color=red'] : []),
    ...(onPath.has(node.name) ? ['color="#0B7A0B"'] : []),
    ...(node.name === graph.offered[0]?.name ? ['penwidth=3'] : []),
  ];
}

function quote(text: string): string {
  return `"${cleanLine(text).replace(/["\\]/g, String.raw`\$&`)}"`;
}
