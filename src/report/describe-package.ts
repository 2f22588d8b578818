import { formatCount, shorten } from '../base/text.ts';
import type { ChannelPlan, PackagePlan } from '../plan/types.ts';

const CHANGE_SYMBOLS = { added: '+', changed: '~', removed: '-' } as const;
const SHOWN_NAMES = 6;

/** What users of one package see change: its heads first, then what may surprise them, then bundles. */
export function listPackageLines(change: PackagePlan): readonly string[] {
  const { bundlesAdded, bundlesRemoved } = change;
  const counts = [
    ...(bundlesAdded.length > 0 ? [`+${formatCount(bundlesAdded.length, 'bundle')}`] : []),
    ...(bundlesRemoved.length > 0 ? [`-${formatCount(bundlesRemoved.length, 'bundle')}`] : []),
  ];
  const details = [...listHeads(change), ...listSurprises(change), ...listBundles(change)];
  return [
    `  ${CHANGE_SYMBOLS[change.change]} ${change.package}${counts.length === 0 ? '' : `  ${counts.join(' ')}`}`,
    ...details.map((line) => `      ${line}`),
  ];
}

/** `stable: etcd.v1.0.0 → etcd.v1.1.0`, and how many others keep their head. */
function listHeads({ channels }: PackagePlan): readonly string[] {
  const moved = channels.filter(({ old, new: head }) => old !== head);
  const kept = channels.length - moved.length;
  return [
    ...moved.map((channel) => `${channel.channel}: ${formatVersionedHeads(channel)}`),
    ...(kept === 0
      ? []
      : [
          `${formatCount(kept, 'changed channel')} ${kept === 1 ? 'keeps its head' : 'keep their heads'}`,
        ]),
  ];
}

/** Heads of a channel that differ, with their versions where the names do not tell them. */
function formatVersionedHeads(channel: ChannelPlan): string {
  const { old, oldVersion, new: head, newVersion } = channel;
  return `${old === null ? 'new' : formatHead(old, oldVersion)} → ${head === null ? 'gone' : formatHead(head, newVersion)}`;
}

function formatHead(name: string, version: string | null): string {
  return version === null || version === '' || name.includes(version)
    ? name
    : `${name} (${version})`;
}

function listSurprises(change: PackagePlan): readonly string[] {
  const { defaultChannel, bundlesRereleased, deprecated, undeprecated } = change;
  const isNew = change.change !== 'changed';
  return [
    ...(defaultChannel === null || isNew
      ? []
      : [
          `default channel: ${defaultChannel.before || 'none'} → ${defaultChannel.after || 'none'}`,
        ]),
    ...change.channels.flatMap(({ channel, pathsBroken, pathsOpened }) => [
      ...(pathsBroken.length === 0
        ? []
        : [`${channel}: no path to the head any more from ${listSome(pathsBroken)}`]),
      ...(pathsOpened.length === 0
        ? []
        : [`${channel}: a path to the head now from ${listSome(pathsOpened)}`]),
    ]),
    ...(bundlesRereleased.length === 0
      ? []
      : [`same name, other images: ${listSome(bundlesRereleased)}`]),
    ...deprecated.map(
      ({ subject, message }) =>
        `deprecated: ${subject}${message === '' ? '' : `: ${shorten(message)}`}`,
    ),
    ...undeprecated.map(({ subject }) => `deprecated no more: ${subject}`),
  ];
}

function listBundles({ change, bundlesAdded, bundlesRemoved }: PackagePlan): readonly string[] {
  if (change !== 'changed') return [];
  return [
    ...(bundlesAdded.length === 0 ? [] : [`in: ${listSome(bundlesAdded)}`]),
    ...(bundlesRemoved.length === 0 ? [] : [`out: ${listSome(bundlesRemoved)}`]),
  ];
}

/** Of many names the first, and how many more there are. */
function listSome(names: readonly string[]): string {
  const more = names.length - SHOWN_NAMES;
  return `${names.slice(0, SHOWN_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
