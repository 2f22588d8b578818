import { clip, formatCount, formatNumber } from '../base/text.ts';
import type { ChannelPlan, PackagePlan } from '../plan/types.ts';
import type { PageCatalog, PageFacts } from './page-facts.ts';
import { listNotables } from './page-notables.ts';
import type { Block, Item, PageLimits, Row, Section } from './page-types.ts';
import { formatKept } from './render-plan-text.ts';
import { joinNames, mark, name, type Rich, rich, strong } from './rich-text.ts';

/** What users of OperatorHub get, catalog by catalog: old head → new head, and what may break. */
export function listOperators(facts: PageFacts, limits: PageLimits): readonly Section[] {
  const changed = facts.catalogs.filter(changesOffer);
  const shown = changed.slice(0, limits.catalogs);
  const sections = shown.map((entry) => describeCatalog(entry, facts, limits));
  const rest = changed.length - shown.length;
  if (rest === 0) return sections;
  const more: Section = {
    title: [`… and ${formatCount(rest, 'more catalog')} with changes`],
    blocks: [],
  };
  return [...sections, more];
}

function changesOffer({ packages, effect, plan, review }: PageCatalog): boolean {
  if (packages === null)
    return plan?.action !== 'pinned' && (effect !== 'same' || review?.change === 'changed');
  return packages.length > 0;
}

function describeCatalog(entry: PageCatalog, facts: PageFacts, limits: PageLimits): Section {
  const { catalog, packages } = entry;
  const state = describeState(entry);
  const behind = describeBehind(entry, facts, limits);
  const blocks: readonly Block[] = [
    ...(entry.plan?.kept === undefined
      ? []
      : [paragraph([`It keeps ${formatKept(entry.plan.kept)}.`])]),
    ...(state === null ? [] : [paragraph(state)]),
    ...(packages === null
      ? [paragraph(['What users see now could not be compared with what Git says.'])]
      : describePackages(packages, limits)),
    ...(behind === null ? [] : [paragraph(behind)]),
  ];
  return { title: rich`OperatorHub: catalog ${name(catalog)}`, blocks };
}

function paragraph(text: Rich): Block {
  return { kind: 'paragraph', text };
}

/** Why users do not get it as soon as this is carried out; null where they do. */
function describeState({ effect, plan, review }: PageCatalog): Rich | null {
  if (review?.change === 'removed')
    return rich`The manifest names this catalog no more. Nothing is deleted: production goes on serving its index, and nobody looks after it.`;
  if (effect === 'held')
    return plan?.action === 'pinned'
      ? rich`${strong('Held back by the pin:')} users do not get this yet.`
      : rich`${strong('Not published:')} users do not get this until what is refused above is settled.`;
  if (effect === 'offered' && plan?.action === 'none')
    return rich`${plan.kept === undefined ? 'Production' : 'Staging'} serves this already.`;
  return null;
}

/** What production would get besides: it does not serve what the earlier commit says. */
function describeBehind(
  { plan, review, packages }: PageCatalog,
  facts: PageFacts,
  limits: PageLimits,
): Rich | null {
  if (review === null || packages === null || facts.review === null) return null;
  const own = new Set(packages.map((entry) => entry.package));
  const others = (plan?.packages ?? []).map((entry) => entry.package).filter((id) => !own.has(id));
  if (others.length === 0 || plan?.action === 'none') return null;
  return rich`${mark('warning')} Production does not serve what ${name(facts.review.from.revision.slice(0, 12))} says: publishing brings ${formatCount(others.length, 'other operator')} with it (${joinNames(others, limits.names)}).`;
}

function describePackages(packages: readonly PackagePlan[], limits: PageLimits): readonly Block[] {
  const rows = packages.map((entry) => listRows(entry, limits));
  const shown = rows.slice(0, limits.operators);
  const rest = rows.length - shown.length;
  const table: Block = {
    kind: 'table',
    columns: ['Operator', 'Channel', 'Now', 'After'],
    rows: shown.flat(),
  };
  const more = rest === 0 ? [] : [paragraph([formatMore(packages.slice(shown.length))])];
  const notables = listNotables(packages, limits);
  return [
    ...(shown.length === 0 ? [] : [table]),
    ...more,
    ...(notables.length === 0 ? [] : [{ kind: 'list', items: notables } as const]),
    ...foldDetails(packages, limits),
  ];
}

function formatMore(packages: readonly PackagePlan[]): string {
  const kinds = (['added', 'changed', 'removed'] as const)
    .map((kind) => ({ kind, count: packages.filter(({ change }) => change === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${formatNumber(count)} ${kind}`);
  return `… and ${formatCount(packages.length, 'more operator')}: ${kinds.join(', ')}.`;
}

/** Channels in which something of the head changes; of a removed or new operator all of them. */
function listRows(entry: PackagePlan, limits: PageLimits): readonly Row[] {
  const moved = entry.channels.filter(({ old, new: head }) => old !== head);
  const shown = moved.slice(0, limits.names);
  const first = rich`${mark(entry.change)} ${name(entry.package)}`;
  if (shown.length === 0) return [[first, ['–'], ['–'], ['no head changes']]];
  const rows = shown.map((channel): Row => [first, ...formatHeads(channel, entry)]);
  const rest = moved.length - shown.length;
  return rest === 0 ? rows : [...rows, [first, [`and ${rest} more`], ['…'], ['…']]];
}

function formatHeads(channel: ChannelPlan, { change, defaultChannel }: PackagePlan): Row {
  const isDefault = change !== 'removed' && defaultChannel?.after === channel.channel;
  const before = channel.old === null ? ['–'] : formatHead(channel.old, channel.oldVersion);
  const after =
    channel.new === null ? ['gone'] : [strong(formatHead(channel.new, channel.newVersion))];
  return [rich`${name(channel.channel)}${isDefault ? ' (default)' : ''}`, before, after];
}

/** The head's name, with its version where the name does not tell it. */
function formatHead(head: string, version: string | null): Rich {
  const tells = version === null || head.includes(version);
  return tells ? [name(head)] : rich`${name(head)} (${name(version)})`;
}

function foldDetails(packages: readonly PackagePlan[], limits: PageLimits): readonly Block[] {
  const items = packages
    .slice(0, limits.details)
    .map((entry) => ({ entry, lines: listDetails(entry, limits) }))
    .filter(({ lines }) => lines.length > 0)
    .map(
      ({ entry, lines }): Item => ({
        text: [name(entry.package)],
        items: lines.map((text) => ({ text })),
      }),
    );
  if (items.length === 0) return [];
  const rest = packages.length - Math.min(packages.length, limits.details);
  const more: readonly Item[] =
    rest === 0 ? [] : [{ text: [`… and ${formatCount(rest, 'more operator')}`] }];
  return [
    {
      kind: 'fold',
      summary: `Bundles and upgrade paths of ${formatCount(items.length, 'operator')}`,
      blocks: [{ kind: 'list', items: [...items, ...more] }],
    },
  ];
}

function listDetails(entry: PackagePlan, limits: PageLimits): readonly Rich[] {
  const { bundlesAdded, bundlesRemoved, channels, undeprecated } = entry;
  const { names } = limits;
  return [
    ...(bundlesAdded.length === 0
      ? []
      : [
          rich`${formatCount(bundlesAdded.length, 'bundle')} in: ${joinNames(bundlesAdded, names)}`,
        ]),
    ...(bundlesRemoved.length === 0
      ? []
      : [
          rich`${formatCount(bundlesRemoved.length, 'bundle')} out: ${joinNames(bundlesRemoved, names)}`,
        ]),
    ...channels.slice(0, limits.names).flatMap((channel) => listPaths(channel, names)),
    ...undeprecated
      .slice(0, names)
      .map(({ subject }) => rich`no longer deprecated: ${clip(subject, limits.message)}`),
  ];
}

function listPaths(
  { channel, old, new: head, pathsOpened }: ChannelPlan,
  names: number,
): readonly Rich[] {
  return [
    ...(head !== null && old === head
      ? [rich`channel ${name(channel)}: its head stays ${name(head)}`]
      : []),
    ...(pathsOpened.length === 0
      ? []
      : [
          rich`channel ${name(channel)}: new path to the head from ${joinNames(pathsOpened, names)}`,
        ]),
  ];
}
