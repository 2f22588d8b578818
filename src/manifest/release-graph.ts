import { CORE_SCHEMA, load } from 'js-yaml';
import type { Problem } from '../base/problem.ts';
import { messageOf } from '../base/tool-error.ts';

/** Folder of the state repository with the graph of updates between releases. */
export const GRAPH_FOLDER = 'releases/graph';

/** Why an update is not recommended to some clusters. */
export interface UpdateRisk {
  readonly name: string;
  readonly message: string;
  /** Null where none is given. */
  readonly url: string | null;
  /** How it is found out whether it concerns a cluster: `Always`, `PromQL`. */
  readonly conditions: readonly string[];
}

/** An update to a release that nobody, or not everybody, is to make. */
export interface BlockedEdge {
  readonly to: string;
  /** As Go names it; null for all. */
  readonly machine: string | null;
  /** Fits `4.19.3+amd64`, anywhere in it. */
  readonly from: RegExp;
  /** Null where the update is not there at all. */
  readonly risk: UpdateRisk | null;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly risks: readonly UpdateRisk[];
}

/** Which updates between releases there are. Versions may end in the machine that they are for: `4.20.3+amd64`. */
export interface ReleaseGraph {
  /** By name, the versions in it; none where nothing is said of channels. */
  readonly channels: ReadonlyMap<string, ReadonlySet<string>>;
  /** Null where payloads tell which updates there are, as graph-data has it. */
  readonly edges: readonly GraphEdge[] | null;
  readonly blocked: readonly BlockedEdge[];
}

export interface GraphFile {
  readonly path: string;
  readonly text: string;
}

export interface ReadGraph {
  /** Null where no file is of a graph. */
  readonly graph: ReleaseGraph | null;
  readonly problems: readonly Problem[];
}

interface Draft {
  readonly channels: Map<string, Set<string>>;
  readonly edges: GraphEdge[];
  readonly blocked: BlockedEdge[];
  readonly problems: Problem[];
  /** Of each kind of file how many were read. */
  answers: number;
  parts: number;
}

const CHANNELS_KEY = 'io.openshift.upgrades.graph.release.channels';

/**
 * Reads a graph of updates: the folders `channels` and `blocked-edges` of Red Hat's graph-data, or what an update service answers
 * (`nodes`, `edges`, `conditionalEdges` as JSON), several of which are united. A file that cannot be read is a problem, and leaves the
 * others as they are.
 */
export function readReleaseGraph(files: readonly GraphFile[]): ReadGraph {
  const draft: Draft = {
    channels: new Map(),
    edges: [],
    blocked: [],
    problems: [],
    answers: 0,
    parts: 0,
  };
  for (const file of files) {
    try {
      readFile(file, draft);
    } catch (error) {
      draft.problems.push(badFile(file.path, messageOf(error)));
    }
  }
  const { channels, edges, blocked, problems, answers, parts } = draft;
  if (answers + parts === 0) return { graph: null, problems };
  // Where an update service answered, its edges are what is left after blocking.
  return { graph: { channels, edges: answers > 0 ? edges : null, blocked }, problems };
}

function readFile({ path, text }: GraphFile, draft: Draft): void {
  const [, folder] = /(?:^|\/)(channels|blocked-edges)\/[^/]+\.ya?ml$/.exec(path) ?? [];
  if (folder === 'channels') readChannel(load(text, { schema: CORE_SCHEMA }), draft);
  else if (folder === 'blocked-edges') readBlocked(load(text, { schema: CORE_SCHEMA }), draft);
  else if (/(?:^|\/)version$/.test(path)) assertKnownVersion(text);
  else if (path.endsWith('.json') && !/(?:^|\/)raw\//.test(path))
    readAnswer(JSON.parse(text), draft);
}

function assertKnownVersion(text: string): void {
  if (!text.trim().startsWith('1.'))
    throw new Error(`graph-data of version ${text.trim()} is not known, only 1.x`);
}

function readChannel(value: unknown, draft: Draft): void {
  const name = readField(value, 'name');
  const versions = readField(value, 'versions');
  if (typeof name !== 'string' || !Array.isArray(versions))
    throw new Error('a channel has a name and a list of versions');
  draft.parts += 1;
  addToChannel(
    draft,
    name,
    versions.filter((version) => typeof version === 'string'),
  );
}

function addToChannel(draft: Draft, name: string, versions: readonly string[]): void {
  const known = draft.channels.get(name) ?? new Set();
  for (const version of versions) known.add(version);
  draft.channels.set(name, known);
}

function readBlocked(value: unknown, draft: Draft): void {
  const [to, from] = [readField(value, 'to'), readField(value, 'from')];
  if (typeof to !== 'string' || typeof from !== 'string')
    throw new Error('a blocked edge names the release that it leads to, and those it comes from');
  const [version = '', machine = null] = to.split('+');
  draft.parts += 1;
  draft.blocked.push({ to: version, machine, from: new RegExp(from), risk: readRisk(value) });
}

// Without a name and rules it is not conditional, but gone.
function readRisk(value: unknown): UpdateRisk | null {
  const [name, rules] = [readField(value, 'name'), readField(value, 'matchingRules')];
  if (typeof name !== 'string' || !Array.isArray(rules)) return null;
  return {
    name,
    message: readText(value, 'message').trim(),
    url: readText(value, 'url') || null,
    conditions: rules.map((rule) => readText(rule, 'type') || 'unknown'),
  };
}

function readAnswer(value: unknown, draft: Draft): void {
  const [nodes, edges] = [readField(value, 'nodes'), readField(value, 'edges')];
  if (!Array.isArray(nodes) || !Array.isArray(edges))
    throw new Error('a graph has lists of nodes and edges');
  draft.answers += 1;
  const versions = nodes.map((node) => readText(node, 'version'));
  for (const [index, node] of nodes.entries()) {
    const names = readText(readField(node, 'metadata'), CHANNELS_KEY);
    for (const name of names === '' ? [] : names.split(','))
      addToChannel(draft, name.trim(), [versions[index] ?? '']);
  }
  for (const edge of edges) draft.edges.push(readEdge(edge, versions));
  for (const group of listItems(readField(value, 'conditionalEdges'))) {
    const risks = listItems(readField(group, 'risks')).flatMap((risk) => readRisk(risk) ?? []);
    for (const edge of listItems(readField(group, 'edges'))) {
      const [from, to] = [readField(edge, 'from'), readField(edge, 'to')];
      if (typeof from === 'string' && typeof to === 'string') draft.edges.push({ from, to, risks });
    }
  }
}

function readEdge(edge: unknown, versions: readonly string[]): GraphEdge {
  const [from, to] = listItems(edge).map((place) => versions[Number(place)]);
  if (from === undefined || to === undefined)
    throw new Error(`an edge names no nodes: ${JSON.stringify(edge)}`);
  return { from, to, risks: [] };
}

function readText(value: unknown, name: string): string {
  const text = readField(value, name);
  return typeof text === 'string' ? text : '';
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function listItems(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function badFile(file: string, why: string): Problem {
  return {
    severity: 'warning',
    code: 'MANIFEST_GRAPH_INVALID',
    message: `It is no part of a graph of releases: ${why}.`,
    hint: 'It takes the folders channels and blocked-edges of graph-data, or what an update service answers, as JSON.',
    file,
  };
}
