import { formatCount } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import type { Hop } from '../catalog/olm-walk.ts';
import type { UpgradeGraph, UpgradeNode } from '../catalog/upgrade-graph.ts';
import type { UpgradePath } from '../catalog/upgrade-path.ts';
import { cleanLine, renderLines } from './clean-line.ts';
import { formatBridge } from './format-bridge.ts';
import { countStranded, type GraphView, groupByPackage } from './graph-view.ts';

const WIDTH = 100;

/** A table with one line per channel: what is offered, how much lies below it, what is cut off. */
export function renderGraphTable(views: readonly GraphView[]): string {
  const several = new Set(views.map((view) => view.catalog)).size > 1;
  const rows = views.map(({ catalog, graph }) => [
    ...(several ? [catalog] : []),
    graph.package,
    `${graph.channel}${graph.isDefault ? ' *' : ''}`,
    graph.offered[0]?.name ?? `(${formatRefusal(graph)})`,
    String(graph.nodes.filter((node) => node.entry).length),
    String(countStranded(graph)),
  ]);
  const titles = [
    ...(several ? ['catalog'] : []),
    'package',
    'channel',
    'head',
    'versions',
    'stranded',
  ];
  const cells = [titles, ...rows].map((row) => row.map(cleanLine));
  const widths = titles.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i < row.length - 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(8))),
  );
  return renderLines([...lines.map((row) => row.join('  ')), '* default channel']);
}

/** Each channel from its head down, or, where an installed version was given, its path. */
export function renderGraphText(views: readonly GraphView[], from: string | null): string {
  const lines = groupByPackage(views).flatMap((group) => [
    `${group[0]?.graph.package} in ${group[0]?.catalog}${from === null ? '' : `, installed ${from}`}`,
    ...group.flatMap((view) => ['', ...renderView(view, from)]),
    '',
  ]);
  return renderLines(lines.slice(0, -1));
}

function renderView({ graph, path }: GraphView, from: string | null): readonly string[] {
  const title = `Channel ${graph.channel}${graph.isDefault ? ' (default)' : ''}`;
  const deprecated =
    graph.deprecated === null
      ? []
      : [`  deprecated${graph.packageDeprecated ? ' package' : ''}: ${graph.deprecated}`];
  if (path !== null && from !== null)
    return [title, ...deprecated, ...renderPath(path, graph, from)];
  const refused = graph.offered.length === 0;
  const longest = Math.max(0, ...graph.nodes.map((node) => node.depth ?? 0));
  const stranded = countStranded(graph);
  const facts = [
    formatCount(graph.nodes.filter((node) => node.entry).length, 'version'),
    ...(refused ? [] : [`at most ${formatCount(longest, 'hop')} to the head`]),
    ...(refused || stranded === 0 ? [] : [`${stranded} STRANDED`]),
  ];
  return [
    `${title}: ${facts.join(', ')}`,
    ...deprecated,
    ...(refused ? renderRefusal(graph) : []),
    ...renderNodes(graph),
  ];
}

function renderRefusal(graph: UpgradeGraph): readonly string[] {
  const heads = graph.heads.length > 1 ? ` ${graph.heads.join(', ')}` : '';
  return [
    `  REFUSED by OLM, which then upgrades nothing in a namespace that uses it: ${formatRefusal(graph)}${heads}`,
  ];
}

function formatRefusal({ heads }: UpgradeGraph): string {
  if (heads.length === 1) return 'a cycle';
  return heads.length === 0 ? 'no head' : `${heads.length} heads`;
}

interface Row {
  readonly node: UpgradeNode;
  readonly mark: string;
}

/** From the head down; below each version what it skips, and last what no version offered skips. */
function renderNodes(graph: UpgradeGraph): readonly string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const skippedBy = Map.groupBy(
    graph.edges.filter((edge) => edge.kind === 'skips'),
    (edge) => edge.to,
  );
  const rows: Row[] = [];
  function take(name: string, mark: string): void {
    const node = nodes.get(name);
    if (node === undefined || !nodes.delete(name)) return;
    rows.push({ node, mark });
  }
  for (const { name } of graph.offered) {
    take(name, '●');
    const skipped = new Set((skippedBy.get(name) ?? []).map((edge) => edge.from));
    for (const node of graph.nodes) if (skipped.has(node.name)) take(node.name, '│ ○');
  }
  for (const name of nodes.keys()) take(name, nodes.get(name)?.entry === true ? '○' : '┊');
  const width = Math.min(
    56,
    Math.max(...rows.map(({ node, mark }) => cleanLine(node.name).length + mark.length)),
  );
  return rows.flatMap((row) => renderRow(row, graph, width));
}

function renderRow({ node, mark }: Row, graph: UpgradeGraph, width: number): readonly string[] {
  const start = `  ${`${mark} ${cleanLine(node.name)}`.padEnd(width + 1)}  ${formatDepth(node, graph)}`;
  const remarks = [
    ...(node.entry ? [] : ['not in this channel']),
    ...(node.skipped && node.entry ? ['skipped'] : []),
    ...(node.skipRange === '' ? [] : [`skipRange ${node.skipRange}`]),
    ...(node.deprecated === null ? [] : ['deprecated']),
  ];
  if (remarks.length === 0) return [start.trimEnd()];
  const line = `${start.padEnd(width + 14)}  ${remarks.join(', ')}`;
  if (cleanLine(line).length <= WIDTH) return [line];
  return [start.trimEnd(), ...remarks.map((remark) => `      ${remark}`)];
}

function formatDepth({ depth }: UpgradeNode, graph: UpgradeGraph): string {
  if (depth === null) return graph.offered.length === 0 ? '' : 'STRANDED';
  return depth === 0 ? 'head' : formatCount(depth, 'hop');
}

function renderPath(path: UpgradePath, graph: UpgradeGraph, from: string): readonly string[] {
  const head = graph.offered[0]?.name ?? '';
  switch (path.status) {
    case 'refused':
      return renderRefusal(graph);
    case 'at-head':
      return [`  ${head} is the head: OLM offers nothing newer.`];
    case 'ahead':
      return [`  ${from} is higher than the head ${head}: OLM offers nothing.`];
    case 'stranded':
      return [
        `  STRANDED: no path leads to the head ${head}.`,
        ...renderHops(path, head),
        ...path.bridges.map((bridge) => `  ${formatBridge(bridge, graph.channel)}`),
      ];
    case 'reaches-head':
      return renderHops(path, head);
    default:
      return assertNever(path.status);
  }
}

function renderHops({ hops, offers }: UpgradePath, head: string): readonly string[] {
  const [next, ...others] = offers;
  if (next === undefined) return [];
  const also = others.slice(0, 3).map((hop) => hop.to);
  const more = others.length > also.length ? ` and ${others.length - also.length} more` : '';
  return [
    `  OLM offers ${next.to}${also.length === 0 ? '' : `, rather than ${also.join(', ')}${more}`}.`,
    ...hops.map((hop, i) => `  ${String(i + 1).padStart(4)}. ${formatHop(hop, head)}`),
  ];
}

function formatHop(hop: Hop, head: string): string {
  return `${hop.to}  (${hop.kind}${hop.to === head ? ', head' : ''})`;
}
