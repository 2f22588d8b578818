import { compareVersions, tryParseVersion } from '../base/semver.ts';
import type { GraphEdge, ReleaseGraph, UpdateRisk } from '../manifest/release-graph.ts';
import { nameMachine, type ReleaseMetadata } from './release.ts';

/** One update of a cluster. */
export interface ReleaseStep {
  readonly from: string;
  readonly to: string;
  /** `conditional`: not recommended to clusters that a risk concerns. `blocked`: taken out of the graph. */
  readonly kind: 'clear' | 'conditional' | 'blocked';
  readonly risks: readonly UpdateRisk[];
  /** Channel that offers it; null where nothing is said of channels. */
  readonly channel: string | null;
  /** The payload of `to` is wanted, or in a registry. */
  readonly mirrored: boolean;
}

/**
 * `same`, `newer`: the cluster is there, or beyond. `open`; `conditional`: some step has risks; `other-channel`: the cluster follows
 * another channel than a step needs; `not-mirrored`: some step needs a payload that nobody brought; `blocked`: the only way was taken
 * out of the graph; `none`: there is no way; `unknown`: nothing tells which updates lead there.
 */
export type PathVerdict =
  | 'same'
  | 'newer'
  | 'open'
  | 'conditional'
  | 'other-channel'
  | 'not-mirrored'
  | 'blocked'
  | 'none'
  | 'unknown';

export interface ReleasePath {
  readonly verdict: PathVerdict;
  readonly steps: readonly ReleaseStep[];
}

export interface PathFacts {
  /** Null where payloads alone tell. */
  readonly graph: ReleaseGraph | null;
  /** What payloads say of themselves. */
  readonly payloads: readonly ReleaseMetadata[];
  /** As releases name it. */
  readonly architecture: string;
  /** Versions whose payload is wanted, or in a registry. */
  readonly mirrored: ReadonlySet<string>;
}

export interface PathQuestion {
  readonly from: string;
  readonly to: string;
  /** That the cluster follows; null for none. */
  readonly channel: string | null;
}

/** Whether a cluster that met this verdict gets to the release by updates that it is offered, with a person's consent at most. */
export function isReachable(verdict: PathVerdict): boolean {
  return ['same', 'newer', 'open', 'conditional', 'other-channel'].includes(verdict);
}

/** Makes what answers whether a cluster can get from its release to another, and how: by as few updates as it takes. */
export function createPathFinder(facts: PathFacts): (question: PathQuestion) => ReleasePath {
  const edges = Map.groupBy(listEdges(facts), ({ from }) => from);
  const targets = new Set([...edges.values()].flat().map(({ to }) => to));
  const channels = readChannels(facts);
  const tiers = channels.size === 0 ? TIERS.filter(({ foreign }) => !foreign) : TIERS;
  return ({ from, to, channel }) => {
    if (from === to) return { verdict: 'same', steps: [] };
    if (isAfter(from, to)) return { verdict: 'newer', steps: [] };
    if (!targets.has(to))
      return { verdict: isTold(to, facts, channels) ? 'none' : 'unknown', steps: [] };
    for (const { verdict, kinds, foreign, brought } of tiers) {
      const steps = findShortest(from, to, (version) =>
        (edges.get(version) ?? []).flatMap((edge): readonly ReleaseStep[] => {
          const offered = chooseChannel(edge, channel, channels);
          const mirrored = facts.mirrored.has(edge.to);
          if (!kinds.includes(edge.kind) || (brought && !mirrored)) return [];
          if (channels.size > 0 && (offered === null || (!foreign && offered !== channel)))
            return [];
          return [{ ...edge, channel: offered, mirrored }];
        }),
      );
      if (steps !== null) return { verdict, steps };
    }
    return { verdict: 'none', steps: [] };
  };
}

interface Tier {
  readonly verdict: PathVerdict;
  readonly kinds: readonly ReleaseStep['kind'][];
  /** By channels that the cluster does not follow. */
  readonly foreign: boolean;
  /** Over payloads that are mirrored. */
  readonly brought: boolean;
}

// The best that there is comes first.
const TIERS: readonly Tier[] = [
  { verdict: 'open', kinds: ['clear'], foreign: false, brought: true },
  { verdict: 'conditional', kinds: ['clear', 'conditional'], foreign: false, brought: true },
  { verdict: 'other-channel', kinds: ['clear'], foreign: true, brought: true },
  { verdict: 'other-channel', kinds: ['clear', 'conditional'], foreign: true, brought: true },
  { verdict: 'not-mirrored', kinds: ['clear'], foreign: true, brought: false },
  { verdict: 'not-mirrored', kinds: ['clear', 'conditional'], foreign: true, brought: false },
  { verdict: 'not-mirrored', kinds: ['clear', 'conditional'], foreign: false, brought: false },
  { verdict: 'blocked', kinds: ['clear', 'conditional', 'blocked'], foreign: true, brought: false },
  {
    verdict: 'blocked',
    kinds: ['clear', 'conditional', 'blocked'],
    foreign: false,
    brought: false,
  },
];

type KnownEdge = Pick<ReleaseStep, 'from' | 'to' | 'kind' | 'risks'>;

function listEdges({ graph, payloads, architecture }: PathFacts): readonly KnownEdge[] {
  const machine = nameMachine(architecture);
  if (graph?.edges) return graph.edges.flatMap((edge) => readEdge(edge, machine));
  const told = payloads.flatMap(({ version, previous, next }) => [
    ...previous.map((from) => ({ from, to: version })),
    ...next.map((to) => ({ from: version, to })),
  ]);
  const unique = new Map(told.map((edge) => [`${edge.from} ${edge.to}`, edge]));
  return [...unique.values()].map((edge) => judgeEdge(edge, graph, machine));
}

// What is for another machine is no edge here.
function readEdge({ from, to, risks }: GraphEdge, machine: string): readonly KnownEdge[] {
  const [source, target] = [readVersion(from, machine), readVersion(to, machine)];
  if (source === null || target === null) return [];
  return [{ from: source, to: target, kind: risks.length === 0 ? 'clear' : 'conditional', risks }];
}

function readVersion(text: string, machine: string): string | null {
  const [version = '', suffix = machine] = text.split('+');
  return suffix === machine ? version : null;
}

function judgeEdge(
  edge: Pick<KnownEdge, 'from' | 'to'>,
  graph: ReleaseGraph | null,
  machine: string,
): KnownEdge {
  const found = (graph?.blocked ?? []).filter(
    (blocked) =>
      blocked.to === edge.to &&
      (blocked.machine === null || blocked.machine === machine) &&
      blocked.from.test(`${edge.from}+${machine}`),
  );
  const risks = found.flatMap(({ risk }) => risk ?? []);
  if (found.length === 0) return { ...edge, kind: 'clear', risks };
  const kind = found.some(({ risk }) => risk === null) ? 'blocked' : 'conditional';
  return { ...edge, kind, risks };
}

type Channels = ReadonlyMap<string, ReadonlySet<string>>;

function readChannels({ graph, architecture }: PathFacts): Channels {
  const machine = nameMachine(architecture);
  const found = [...(graph?.channels ?? [])].map(
    ([name, versions]) =>
      [name, new Set([...versions].flatMap((text) => readVersion(text, machine) ?? []))] as const,
  );
  return new Map(found);
}

// A cluster is offered an update by the channel that it follows, where both ends are in it.
function chooseChannel(
  { from, to }: Pick<KnownEdge, 'from' | 'to'>,
  own: string | null,
  channels: Channels,
): string | null {
  const fitting = [...channels]
    .filter(([, versions]) => versions.has(from) && versions.has(to))
    .map(([name]) => name);
  if (own !== null && fitting.includes(own)) return own;
  return fitting.toSorted(compareChannels)[0] ?? null;
}

/** Orders channels: the one that asks the least courage comes first. */
export function compareChannels(a: string, b: string): number {
  return rankOf(a) - rankOf(b) || (a < b ? -1 : 1);
}

const PREFERRED = ['stable', 'eus', 'fast', 'candidate'];

function rankOf(channel: string): number {
  const place = PREFERRED.indexOf(channel.split('-', 1)[0] ?? '');
  return place === -1 ? PREFERRED.length : place;
}

// Without a word about a release, that no way leads there says nothing.
function isTold(version: string, { graph, payloads }: PathFacts, channels: Channels): boolean {
  // Channels of graph-data list releases, but which updates lead there their payloads say.
  return graph?.edges
    ? [...channels.values()].some((versions) => versions.has(version))
    : payloads.some((payload) => payload.version === version);
}

function findShortest(
  from: string,
  to: string,
  next: (version: string) => readonly ReleaseStep[],
): readonly ReleaseStep[] | null {
  const reached = new Map<string, readonly ReleaseStep[]>([[from, []]]);
  for (const [version, steps] of reached) {
    // Of ways of one length that over the newest releases.
    const ahead = next(version).toSorted((a, b) => (isAfter(a.to, b.to) ? -1 : 1));
    for (const step of ahead) {
      if (reached.has(step.to)) continue;
      const whole = [...steps, step];
      if (step.to === to) return whole;
      reached.set(step.to, whole);
    }
  }
  return null;
}

function isAfter(a: string, b: string): boolean {
  const [left, right] = [tryParseVersion(a), tryParseVersion(b)];
  if (left === null || right === null) return false;
  return compareVersions(left, right) > 0;
}
