import { hasErrors, type Problem } from '../../base/problem.ts';
import { findNearest, formatCount } from '../../base/text.ts';
import { ToolError } from '../../base/tool-error.ts';
import { parseCatalog } from '../../catalog/parse-catalog.ts';
import type { Catalog, CatalogPackage } from '../../catalog/types.ts';
import { buildUpgradeGraphs } from '../../catalog/upgrade-graph.ts';
import { findInstalled, findUpgradePath } from '../../catalog/upgrade-path.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readCatalog } from '../../reconcile/load-state.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { buildGraphDocument } from '../../report/build-graph-document.ts';
import type { GraphView } from '../../report/graph-view.ts';
import { renderGraphDot } from '../../report/render-graph-dot.ts';
import { renderGraphMermaid } from '../../report/render-graph-mermaid.ts';
import { renderGraphTable, renderGraphText } from '../../report/render-graph-text.ts';
import type { CommandContext } from '../context.ts';
import { readSources, type SourceOptions } from '../source-context.ts';
import type { Wiring } from '../wire.ts';
import { selectCatalogs } from './merge.ts';

export interface GraphOptions {
  /** Null for every package. */
  readonly package: string | null;
  /** Null for the manifest's catalogs at HEAD. */
  readonly source: string | null;
  readonly catalog: string | null;
  readonly channel: string | null;
  readonly from: string | null;
  readonly insecure: boolean;
  readonly format: 'text' | 'mermaid' | 'dot' | 'json';
}

interface NamedCatalog {
  readonly name: string;
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

/** Shows the upgrade graph of catalogs, or the way from one version, and changes nothing. */
export async function runGraph(
  options: GraphOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  if (options.from !== null && options.package === null)
    throw new ToolError('CLI_USAGE', '--from needs the package that is installed.', {
      hint: 'Write `olmirror graph PACKAGE --from VERSION`.',
    });
  const catalogs =
    options.source === null
      ? await readHeadCatalogs(options.catalog, context, wiring)
      : await readSourceCatalogs({ ...options, sources: [options.source] }, context, wiring);
  context.progress.clear();
  for (const { name, problems } of catalogs) warnOfProblems(name, problems, context);
  const views = selectChannel(buildViews(catalogs, options), options);
  context.console.result(renderViews(views, options));
  return 0;
}

async function readHeadCatalogs(
  name: string | null,
  context: CommandContext,
  wiring: Wiring,
): Promise<readonly NamedCatalog[]> {
  const snapshot = await (await wiring.openGit()).openCommit('HEAD');
  const manifest = await readManifest(snapshot, context.manifestFile);
  const found: NamedCatalog[] = [];
  for (const entry of selectCatalogs(manifest, name === null ? [] : [name], null))
    found.push({ name: entry.name, ...(await readCatalog(snapshot, entry)) });
  return found;
}

async function readSourceCatalogs(
  options: SourceOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<readonly NamedCatalog[]> {
  const contents = await readSources(options, context, wiring);
  return contents.map(({ name, files, problems: unread }) => {
    const { catalog, problems } = parseCatalog(files);
    return { name, catalog, problems: [...unread, ...problems] };
  });
}

function warnOfProblems(name: string, problems: readonly Problem[], context: CommandContext): void {
  if (!hasErrors(problems)) return;
  const [first] = problems.filter(({ severity }) => severity === 'error');
  const count = formatCount(problems.length, 'problem');
  context.console.warn(
    `warning: ${name} has ${count}, so this is what could be read: ${first?.message}`,
  );
}

function buildViews(
  catalogs: readonly NamedCatalog[],
  options: GraphOptions,
): readonly GraphView[] {
  const wanted = options.package;
  const views = catalogs.flatMap(({ name, catalog }) =>
    [...catalog.packages.values()]
      .filter((pkg) => wanted === null || pkg.name === wanted)
      .flatMap((pkg) => viewPackage(name, pkg, options.from)),
  );
  if (wanted === null || views.length > 0) return views;
  const known = catalogs.flatMap(({ catalog }) => [...catalog.packages.keys()]);
  const places = catalogs.map((catalog) => catalog.name).join(', ');
  throw unknownName(`There is no package ${wanted} in ${places}.`, wanted, known);
}

function viewPackage(
  catalog: string,
  pkg: CatalogPackage,
  from: string | null,
): readonly GraphView[] {
  const graphs = buildUpgradeGraphs(pkg);
  if (from === null) return graphs.map((graph) => ({ catalog, graph, path: null }));
  const installed = findInstalled(from, pkg, graphs);
  if (installed === null)
    throw unknownName(
      `"${from}" is neither a version nor a bundle of ${pkg.name}.`,
      from,
      pkg.bundles.map((bundle) => bundle.name),
    );
  return graphs.map((graph) => ({
    catalog,
    graph,
    path: findUpgradePath(graph, installed, graphs),
  }));
}

function selectChannel(
  views: readonly GraphView[],
  { channel }: GraphOptions,
): readonly GraphView[] {
  if (channel === null) return views;
  const chosen = views.filter((view) => view.graph.channel === channel);
  if (chosen.length > 0) return chosen;
  const known = [...new Set(views.map((view) => view.graph.channel))];
  throw unknownName(`There is no channel ${channel} here.`, channel, known);
}

function unknownName(message: string, name: string, known: readonly string[]): ToolError {
  const nearest = findNearest(name, known);
  const few = known.slice(0, 10).join(', ');
  return new ToolError('CATALOG_UNKNOWN', message, {
    hint:
      nearest === null
        ? `There are: ${known.length === 0 ? 'none' : few}${known.length > 10 ? ', …' : ''}.`
        : `Did you mean ${nearest}?`,
  });
}

function renderViews(views: readonly GraphView[], options: GraphOptions): string {
  switch (options.format) {
    case 'text':
      return options.package === null
        ? renderGraphTable(views)
        : renderGraphText(views, options.from);
    case 'mermaid':
      return renderGraphMermaid(views);
    case 'dot':
      return renderGraphDot(views);
    case 'json':
      return JSON.stringify(buildGraphDocument(views, options.from), null, 2);
  }
}
