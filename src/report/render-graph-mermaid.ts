import type { UpgradeEdge, UpgradeGraph } from '../catalog/upgrade-graph.ts';
import { cleanLine } from './clean-line.ts';
import { type GraphView, groupByPackage } from './graph-view.ts';

/** Gives each name of a drawing one id, and no two of them the same. */
type IdMaker = (parts: readonly string[]) => string;

const HEADER = `graph LR
  classDef deprecated fill:#E8960F
  classDef skipped stroke-dasharray:4
  classDef stranded stroke:#FF0000,stroke-width:2px
  classDef path stroke:#0B7A0B,stroke-width:3px
`;

/** Mermaid as `opm alpha render-graph` draws it: a subgraph per package and channel, edges from old to new. */
export function renderGraphMermaid(views: readonly GraphView[]): string {
  const several = new Set(views.map((view) => view.catalog)).size > 1;
  const makeId = createIdMaker();
  const lines = groupByPackage(views).flatMap((group) => renderPackage(group, { several, makeId }));
  return `${HEADER}${lines.map((line) => `${line}\n`).join('')}`;
}

function renderPackage(
  group: readonly GraphView[],
  options: { readonly several: boolean; readonly makeId: IdMaker },
): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { catalog, graph } = first;
  const scope = options.several ? [catalog, graph.package] : [graph.package];
  const id = options.makeId(['package', ...scope]);
  return [
    `  subgraph ${id}[${quote(scope.join(' / '))}]`,
    ...group.flatMap((view) => renderChannel(view, scope, options.makeId)),
    '  end',
    ...(graph.packageDeprecated ? [`  style ${id} fill:#989695`] : []),
  ];
}

function renderChannel(
  { graph, path }: GraphView,
  scope: readonly string[],
  makeId: IdMaker,
): readonly string[] {
  const channel = [...scope, graph.channel];
  const id = makeId(channel);
  const onPath = new Set(path?.hops.map((hop) => hop.to));
  const ranges = new Map(graph.nodes.map((node) => [node.name, node.skipRange]));
  function idOf(name: string): string {
    return makeId([...channel, name]);
  }
  return [
    `    subgraph ${id}[${quote(graph.channel)}]`,
    ...graph.nodes.map((node) => `      ${idOf(node.name)}[${quote(node.name)}]`),
    ...graph.edges.map(
      (edge) =>
        `      ${idOf(edge.from)} -- ${formatLabel(edge, ranges.get(edge.to) ?? '')} --> ${idOf(edge.to)}`,
    ),
    ...listClasses(graph, onPath).map(([name, style]) => `      class ${idOf(name)} ${style}`),
    '    end',
    ...(graph.deprecated !== null && !graph.packageDeprecated
      ? [`    style ${id} fill:#DCD0FF`]
      : []),
  ];
}

function listClasses(
  graph: UpgradeGraph,
  onPath: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  return graph.nodes.flatMap((node) => {
    const styles = [
      ...(node.deprecated === null ? [] : ['deprecated']),
      ...(node.skipped ? ['skipped'] : []),
      ...(node.entry && node.depth === null ? ['stranded'] : []),
      ...(onPath.has(node.name) ? ['path'] : []),
    ];
    return styles.map((style) => [node.name, style] as const);
  });
}

function formatLabel({ kind }: UpgradeEdge, range: string): string {
  switch (kind) {
    case 'replaces':
      return 'replace';
    case 'skips':
      return 'skip';
    case 'skipRange':
      return quote(`skipRange(${range})`);
  }
}

/** Ids as opm makes them, of letters that Mermaid takes for nothing else. */
function createIdMaker(): IdMaker {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  return (parts) => {
    const key = JSON.stringify(parts);
    const known = ids.get(key);
    if (known !== undefined) return known;
    const plain = parts.join('-').replace(/[^A-Za-z0-9_.-]|-(?=[-.])/g, '_');
    let id = plain;
    for (let i = 2; taken.has(id); i += 1) id = `${plain}_${i}`;
    taken.add(id);
    ids.set(key, id);
    return id;
  };
}

/** A text in quotes of which no character is markup, the end of the quotes, or a `%%{` directive. */
function quote(text: string): string {
  const escaped = cleanLine(text).replace(
    /["#%&<>`\\{}[\]]/g,
    (character) => `#${character.charCodeAt(0)};`,
  );
  return `"${escaped}"`;
}
