import { compareVersions, tryParseVersion } from '../base/semver.ts';
import { joinNames } from '../base/text.ts';
import { formatReleaseTag, nameMachine } from '../images/release.ts';
import { compareChannels, isReachable } from '../images/release-path.ts';
import type { ReleaseGraph } from '../manifest/release-graph.ts';
import type { ReleaseEntry } from '../manifest/types.ts';
import type { ReleaseChannel } from './media-release-types.ts';
import type { PathFinding } from './release-types.ts';

export interface ChannelFacts {
  readonly graph: ReleaseGraph | null;
  readonly paths: readonly PathFinding[];
  /** Somebody said so; null for nobody. */
  readonly asked: string | null;
}

export interface ChosenChannels {
  /** By the tag of a release. */
  readonly channelOf: ReadonlyMap<string, string>;
  /** By name. */
  readonly entries: readonly ReleaseChannel[];
  readonly notes: readonly string[];
}

/**
 * By which channels oc-mirror v2 brings these releases. A channel may stand in its configuration once, with one range, and between
 * two channels it brings what it finds on its own way: so one channel that has all of them is taken where there is one.
 */
export function chooseReleaseChannels(
  releases: readonly ReleaseEntry[],
  facts: ChannelFacts,
): ChosenChannels {
  const shared = listPreferred(facts).find((channel) =>
    releases.every((release) => isIn(release, channel, facts)),
  );
  const placed = releases.map((release) => ({
    release,
    channel: shared ?? findChannel(release, facts) ?? assumeChannel(release, facts),
  }));
  const assumed = placed.filter(
    ({ release, channel }) => channel !== null && !isIn(release, channel, facts),
  );
  const groups = [...Map.groupBy(placed, ({ channel }) => channel)];
  const entries = groups
    .flatMap(([channel, group]) => {
      const own = group.map(({ release }) => release);
      return channel === null ? [] : [describeChannel(channel, own, facts)];
    })
    .map((entry) => (groups.length > 1 ? { ...entry, exact: false } : entry))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    channelOf: new Map(
      placed.flatMap(({ release, channel }) =>
        channel === null ? [] : [[formatReleaseTag(release), channel] as const],
      ),
    ),
    entries,
    notes: [
      ...(assumed.length === 0
        ? []
        : [
            `No graph lists ${joinNames([...new Set(assumed.map(({ release }) => release.version))])} in ${joinNames([...new Set(assumed.map(({ channel }) => channel ?? ''))])}: --channel says another channel.`,
          ]),
      ...(entries.some(({ exact }) => !exact)
        ? [
            'oc-mirror takes one range of each channel, so it brings releases besides those listed here.',
          ]
        : []),
    ],
  };
}

function listPreferred({ asked, paths, graph }: ChannelFacts): readonly string[] {
  const stepped = paths.flatMap(({ steps }) => steps.flatMap(({ channel }) => channel ?? []));
  const followed = paths.flatMap(({ channel }) => channel ?? []);
  const known = [...(graph?.channels.keys() ?? [])].toSorted(compareChannels);
  return [...new Set([...(asked === null ? [] : [asked]), ...stepped, ...followed, ...known])];
}

function isIn(
  { version, architecture }: ReleaseEntry,
  channel: string,
  { graph }: Pick<ChannelFacts, 'graph'>,
): boolean {
  const versions = graph?.channels.get(channel);
  return (
    versions !== undefined &&
    (versions.has(version) || versions.has(`${version}+${nameMachine(architecture)}`))
  );
}

function findChannel(release: ReleaseEntry, facts: ChannelFacts): string | null {
  return listPreferred(facts).find((channel) => isIn(release, channel, facts)) ?? null;
}

function assumeChannel({ version }: ReleaseEntry, { asked }: ChannelFacts): string {
  const [major = '', minor = ''] = version.split('.');
  return asked ?? `stable-${major}.${minor}`;
}

function describeChannel(
  name: string,
  releases: readonly ReleaseEntry[],
  facts: ChannelFacts,
): ReleaseChannel {
  const versions = [...new Set(releases.map(({ version }) => version))].toSorted(compareTexts);
  const [minVersion = '', maxVersion = ''] = [versions[0], versions.at(-1)];
  const machines = Map.groupBy(releases, ({ architecture }) => architecture);
  const isSame = [...machines.values()].every((own) => own.length === versions.length);
  const shortestPath = versions.length > 1 && isChain(name, versions, facts);
  const between = [...(facts.graph?.channels.get(name) ?? [])].filter(
    (text) =>
      isBetween(text, minVersion, maxVersion) && !versions.includes(text.split('+')[0] ?? ''),
  );
  const exact = isSame && (versions.length === 1 || shortestPath || between.length === 0);
  return { name, minVersion, maxVersion, shortestPath, exact };
}

// oc-mirror looks for the shortest way by edges that have no condition, within the channel.
function isChain(
  channel: string,
  versions: readonly string[],
  { paths, graph }: ChannelFacts,
): boolean {
  return paths.some(({ verdict, steps, release }) => {
    if (!isReachable(verdict)) return false;
    const first = steps.findIndex(({ to }) => to === versions[0]);
    const way = steps.slice(first);
    return (
      first !== -1 &&
      way.length === versions.length &&
      way.every(({ to, kind }, at) => to === versions[at] && (at === 0 || kind === 'clear')) &&
      way.every(({ to }) =>
        isIn({ version: to, architecture: release.architecture }, channel, { graph }),
      )
    );
  });
}

function isBetween(text: string, low: string, high: string): boolean {
  const version = text.split('+')[0] ?? '';
  return compareTexts(version, low) > 0 && compareTexts(version, high) < 0;
}

function compareTexts(a: string, b: string): number {
  const [left, right] = [tryParseVersion(a), tryParseVersion(b)];
  return left === null || right === null ? 0 : compareVersions(left, right);
}
