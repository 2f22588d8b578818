import { formatCount } from '../base/text.ts';
import type { DeprecationEntry } from '../catalog/blob-fields.ts';
import type { PackageDiff } from '../catalog/diff-catalogs.ts';
import type { ChannelDiff, ChannelHead, EdgeChange } from '../catalog/diff-channels.ts';
import type { DiffDocument } from './build-diff-document.ts';

/** One sentence: the sums of a difference; what broke comes first. */
export function formatDiffSums(document: DiffDocument): string {
  if (!document.different) return 'No difference.';
  const { packages, imagesAdded, imagesRemoved } = document;
  const changed = packages.filter((pkg) => pkg.kind === 'changed');
  const channels = changed.flatMap((pkg) => pkg.channels);
  const parts = [
    ...countSome(
      sumOf(channels, (x) => x.pathsBroken),
      'upgrade path',
      'broken',
    ),
    ...countKinds(packages, 'package'),
    ...countKinds(channels, 'channel'),
    ...countSome(
      sumOf(packages, (x) => x.bundlesAdded),
      'bundle',
      'added',
    ),
    ...countSome(
      sumOf(packages, (x) => x.bundlesRemoved),
      'bundle',
      'removed',
    ),
    ...countSome(
      sumOf(packages, (x) => x.bundlesRereleased),
      'bundle',
      're-released',
    ),
    ...countSome(
      sumOf(channels, (x) => x.edgesChanged),
      'edge',
      'changed',
    ),
    ...countSome(
      sumOf(channels, (x) => x.pathsOpened),
      'upgrade path',
      'opened',
    ),
    ...countSome(
      sumOf(changed, (x) => x.deprecationsAdded),
      'deprecation',
      'new or reworded',
    ),
    ...countSome(imagesAdded.length, 'image', 'new'),
    ...countSome(imagesRemoved.length, 'image', 'gone'),
  ];
  return `${parts.length === 0 ? 'Only content without a package differs' : parts.join(', ')}.`;
}

function sumOf<T>(items: readonly T[], list: (item: T) => readonly unknown[]): number {
  return items.reduce((sum, item) => sum + list(item).length, 0);
}

function countKinds(
  items: readonly { readonly kind: 'added' | 'changed' | 'removed' }[],
  noun: string,
): readonly string[] {
  return (['added', 'changed', 'removed'] as const).flatMap((kind) =>
    countSome(items.filter((item) => item.kind === kind).length, noun, kind),
  );
}

function countSome(count: number, noun: string, what: string): readonly string[] {
  return count === 0 ? [] : [`${formatCount(count, noun)} ${what}`];
}

/** What a channel leads to, before and after. */
export function formatHeadChange({ kind, oldHead, newHead }: ChannelDiff): string {
  if (kind === 'added') return `new, head ${formatHead(newHead)}`;
  if (kind === 'removed') return `gone, its head was ${formatHead(oldHead)}`;
  if (oldHead?.name === newHead?.name) return `head stays ${formatHead(newHead)}`;
  return `head ${formatHead(oldHead)} → ${formatHead(newHead)}`;
}

function formatHead(head: ChannelHead | null): string {
  return head === null ? 'not clear' : head.name;
}

/** What changed in one entry: `replaces a → b, skips +c −d, skipRange <1.0.0 → none`. */
export function formatEdgeChange({ before, after }: EdgeChange): string {
  const skips = [
    ...after.skips.filter((name) => !before.skips.includes(name)).map((name) => `+${name}`),
    ...before.skips.filter((name) => !after.skips.includes(name)).map((name) => `−${name}`),
  ];
  const parts = [
    ...formatTurn('replaces', before.replaces, after.replaces),
    ...(skips.length === 0 ? [] : [`skips ${skips.join(' ')}`]),
    ...formatTurn('skipRange', before.skipRange, after.skipRange),
  ];
  return parts.join(', ');
}

function formatTurn(what: string, before: string, after: string): readonly string[] {
  return before === after ? [] : [`${what} ${before || 'none'} → ${after || 'none'}`];
}

export interface DeprecationChange {
  readonly what: 'deprecated' | 'deprecation reworded' | 'no longer deprecated';
  /** `channel stable`, `bundle x`, or `the package`. */
  readonly subject: string;
  readonly message: string;
}

/** Deprecations, each once: another message for the same thing is no new deprecation. */
export function listDeprecationChanges(pkg: PackageDiff): readonly DeprecationChange[] {
  const { deprecationsAdded: added, deprecationsRemoved: removed } = pkg;
  const fresh = added.map((entry) => ({
    what: hasSubject(removed, entry) ? ('deprecation reworded' as const) : ('deprecated' as const),
    subject: formatSubject(entry),
    message: entry.message,
  }));
  const gone = removed
    .filter((entry) => !hasSubject(added, entry))
    .map((entry) => ({
      what: 'no longer deprecated' as const,
      subject: formatSubject(entry),
      message: entry.message,
    }));
  return [...fresh, ...gone];
}

function hasSubject(entries: readonly DeprecationEntry[], entry: DeprecationEntry): boolean {
  return entries.some((other) => other.schema === entry.schema && other.name === entry.name);
}

function formatSubject({ schema, name }: DeprecationEntry): string {
  return schema === 'olm.package' ? 'the package' : `${schema.replace(/^olm\./, '')} ${name}`;
}

/** Bundles that changed in something else than their images. */
export function listOtherBundles(pkg: PackageDiff): readonly string[] {
  const rereleased = new Set(pkg.bundlesRereleased.map((change) => change.bundle));
  return pkg.bundlesChanged.filter((name) => !rereleased.has(name));
}

/** Whether a channel that stays differs in nothing that has a line of its own. */
export function isOtherChange(channel: ChannelDiff): boolean {
  const { kind, oldHead, newHead, entriesAdded, entriesRemoved, edgesChanged } = channel;
  return (
    kind === 'changed' &&
    oldHead?.name === newHead?.name &&
    entriesAdded.length + entriesRemoved.length + edgesChanged.length === 0
  );
}
