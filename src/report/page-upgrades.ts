import { formatCount, formatNumber } from '../base/text.ts';
import type { ClusterUpgrade } from '../plan/review-types.ts';
import type { PageFacts } from './page-facts.ts';
import type { Block, PageLimits, Row, Section } from './page-types.ts';
import { name, type Rich, rich, strong } from './rich-text.ts';

const TITLES = {
  automatic: 'Upgrades that start by themselves once this is applied',
  stranded: 'Cut off: no path leads on from what is installed',
  manual: 'Upgrades that wait for approval in the cluster',
  opened: 'Installations that can upgrade again',
} as const;

/** What OLM starts without anybody's approval; or that nothing does, or that nobody can tell. */
export function listAutomatic(facts: PageFacts, limits: PageLimits): readonly Section[] {
  const { upgrades, catalogs } = facts;
  const sections = listEffect(upgrades ?? [], 'automatic', limits);
  if (sections.length > 0 || !catalogs.some(({ effect }) => effect === 'offered')) return sections;
  const text =
    upgrades === null
      ? rich`Not known: ${name('in-use.yaml')} is missing, or cannot be read. Every Subscription with automatic approval that follows a changed channel upgrades once this is applied.`
      : rich`Nothing, going by ${name('in-use.yaml')}.`;
  return [{ title: ['What upgrades by itself'], blocks: [{ kind: 'paragraph', text }] }];
}

/** What a person in a cluster has to do. */
export function listManual(facts: PageFacts, limits: PageLimits): readonly Block[] {
  const upgrades = facts.upgrades ?? [];
  return (['stranded', 'manual'] as const)
    .flatMap((effect) => listEffect(upgrades, effect, limits))
    .flatMap(({ title, blocks }): readonly Block[] => [
      { kind: 'subtitle', text: title },
      ...blocks,
    ]);
}

export function listOpened(facts: PageFacts, limits: PageLimits): readonly Section[] {
  return listEffect(facts.upgrades ?? [], 'opened', limits);
}

function listEffect(
  upgrades: readonly ClusterUpgrade[],
  effect: ClusterUpgrade['effect'],
  { upgrades: most }: PageLimits,
): readonly Section[] {
  const own = upgrades.filter((upgrade) => upgrade.effect === effect);
  if (own.length === 0) return [];
  const clusters = new Set(own.map(({ cluster }) => cluster)).size;
  const title = `${TITLES[effect]}: ${formatNumber(own.length)}, on ${formatCount(clusters, 'cluster')}`;
  const shown = own.slice(0, most);
  const rest = own.length - shown.length;
  const rows = shown.map(formatUpgrade);
  const more: readonly Block[] =
    rest === 0 ? [] : [{ kind: 'paragraph', text: rich`… and ${rest} more of these.` }];
  const table: Block = {
    kind: 'table',
    columns: ['Cluster', 'Namespace', 'Operator and channel', 'From', 'To', 'Seen'],
    rows,
  };
  return [{ title: [title], blocks: [...(rows.length === 0 ? [] : [table]), ...more] }];
}

function formatUpgrade(upgrade: ClusterUpgrade): Row {
  const { cluster, user, channel, from, to, seen } = upgrade;
  return [
    [name(cluster)],
    formatNamespace(user),
    rich`${name(upgrade.package)} ${name(channel)}`,
    [name(from)],
    to === null ? ['nowhere'] : [strong([name(to)])],
    [seen ?? 'unknown'],
  ];
}

/** `openshift-storage`, with the Subscription's name where it is not the package's. */
function formatNamespace(user: string): Rich {
  const subscription = /^Subscription ([^/]+)\/(.+)$/.exec(user);
  if (subscription === null) return [name(user)];
  return [name(subscription[1] ?? '')];
}
