import { clip, formatCount, formatNumber } from '../base/text.ts';
import type { DeprecationPlan, PackagePlan } from '../plan/types.ts';
import { COMMENT } from './page-limits.ts';
import type { Item, PageLimits } from './page-types.ts';
import { joinNames, mark, name, type Rich, rich, strong } from './rich-text.ts';

/** What a reviewer would be sorry to have overlooked, kind by kind. */
export function listNotables(
  packages: readonly PackagePlan[],
  limits: PageLimits,
): readonly Item[] {
  return NOTABLES.flatMap(({ one, many, why, list }) => {
    const lines = packages.flatMap((entry) => list(entry, limits));
    if (lines.length === 0) return [];
    const title = rich`${mark('warning')} ${strong(formatCount(lines.length, one, many))}: ${why}`;
    return [{ text: title, items: listSome(lines, limits.examples) }];
  });
}

/** Whether there is such a thing. */
export function hasNotables(packages: readonly PackagePlan[]): boolean {
  return NOTABLES.some(({ list }) => packages.some((entry) => list(entry, COMMENT).length > 0));
}

function listSome(lines: readonly Rich[], most: number): readonly Item[] {
  const shown = lines.slice(0, most).map((text) => ({ text }));
  const rest = lines.length - shown.length;
  if (rest === 0 || shown.length === 0) return shown;
  return [...shown, { text: [`… and ${formatNumber(rest)} more`] }];
}

interface Notable {
  readonly one: string;
  readonly many: string;
  readonly why: string;
  readonly list: (entry: PackagePlan, limits: PageLimits) => readonly Rich[];
}

const NOTABLES: readonly Notable[] = [
  {
    one: 'channel loses upgrade paths',
    many: 'channels lose upgrade paths',
    why: 'what is installed of these versions stays where it is',
    list: (entry, { names }) =>
      entry.channels
        .filter(({ pathsBroken }) => pathsBroken.length > 0)
        .map(
          ({ channel, pathsBroken }) =>
            rich`${name(entry.package)} channel ${name(channel)}: no path to the head any more from ${joinNames(pathsBroken, names)}`,
        ),
  },
  {
    one: 'default channel changes',
    many: 'default channels change',
    why: 'installations that name no channel follow the new one',
    list: (entry) =>
      entry.defaultChannel === null || entry.change !== 'changed'
        ? []
        : [
            rich`${name(entry.package)}: ${formatChannel(entry.defaultChannel.before)} → ${formatChannel(entry.defaultChannel.after)}`,
          ],
  },
  {
    one: 'channel goes',
    many: 'channels go',
    why: 'Subscriptions that name it get no upgrade any more',
    list: (entry) =>
      entry.change !== 'changed'
        ? []
        : entry.channels
            .filter(({ old, new: head }) => old !== null && head === null)
            .map(({ channel }) => rich`${name(entry.package)}: ${name(channel)}`),
  },
  {
    one: 'operator goes',
    many: 'operators go',
    why: 'what is installed goes on running, without upgrades',
    list: (entry) => (entry.change === 'removed' ? [[name(entry.package)]] : []),
  },
  {
    one: 'operator has re-released bundles',
    many: 'operators have re-released bundles',
    why: 'the same name, other images; what is installed does not change by itself',
    list: (entry, { names }) =>
      entry.bundlesRereleased.length === 0
        ? []
        : [rich`${name(entry.package)}: ${joinNames(entry.bundlesRereleased, names)}`],
  },
  {
    one: 'operator loses bundles',
    many: 'operators lose bundles',
    why: 'nobody can install these versions any more',
    list: (entry, { names }) =>
      entry.change !== 'changed' || entry.bundlesRemoved.length === 0
        ? []
        : [rich`${name(entry.package)}: ${joinNames(entry.bundlesRemoved, names)}`],
  },
  {
    one: 'new deprecation',
    many: 'new deprecations',
    why: 'the console warns of them',
    list: (entry, limits) => entry.deprecated.map((own) => formatDeprecation(entry, own, limits)),
  },
];

function formatChannel(channel: string): Rich {
  return channel === '' ? ['none'] : [name(channel)];
}

function formatDeprecation(
  { package: id }: PackagePlan,
  { subject, message }: DeprecationPlan,
  limits: PageLimits,
): Rich {
  return rich`${name(id)}, ${clip(subject, limits.message)}: ${clip(message, limits.message)}`;
}
