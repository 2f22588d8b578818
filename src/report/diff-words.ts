import { formatBytes, formatCount } from '../base/text.ts';
import type { DeprecationEntry } from '../catalog/blob-fields.ts';
import type { BundleMigration } from '../catalog/diff-bundles.ts';
import { type PackageDiff, saysOtherThings } from '../catalog/diff-catalogs.ts';
import type { ChannelDiff, ChannelHead, EdgeChange } from '../catalog/diff-channels.ts';
import type { SizeSum } from '../images/image-size.ts';
import type { DiffDocument, DiffImage } from './build-diff-document.ts';

/** One sentence: the sums of a difference; what broke comes first. */
export function formatDiffSums(document: DiffDocument): string {
  if (!document.different) return 'No difference.';
  const packages = listForUsers(document);
  const changed = packages.filter((pkg) => pkg.kind === 'changed');
  const channels = changed.flatMap((pkg) => pkg.channels);
  const broken = sumOf(channels, (channel) => channel.pathsBroken);
  const edges = sumOf(channels, (channel) => channel.edgesChanged);
  const opened = sumOf(channels, (channel) => channel.pathsOpened);
  const defaults = changed.filter((pkg) => pkg.defaultChannel !== null).length;
  const deprecations = changed.flatMap(listDeprecationChanges);
  const lifted = deprecations.filter(({ what }) => what === 'no longer deprecated').length;
  const parts = [
    ...countSome(broken, 'upgrade path', 'broken'),
    ...countKinds(packages, 'package'),
    ...countSome(defaults, 'default channel', 'changed'),
    ...countKinds(channels, 'channel'),
    ...countBundles(packages),
    ...countSome(edges, 'edge', 'changed'),
    ...countSome(opened, 'upgrade path', 'opened'),
    ...countSome(deprecations.length - lifted, 'deprecation', 'new or reworded'),
    ...countSome(lifted, 'deprecation', 'gone'),
    ...countImages(document),
    ...formatMigrations(document.packages.flatMap((pkg) => pkg.bundlesMigrated)),
  ];
  return `${parts.length === 0 ? 'Only content without a package differs' : parts.join(', ')}.`;
}

/** The packages of which users see something else: more than bundles in another form. */
export function listForUsers({ packages }: DiffDocument): readonly PackageDiff[] {
  return packages.filter(saysOtherThings);
}

function countBundles(packages: readonly PackageDiff[]): readonly string[] {
  const others = sumOf(packages, listOtherBundles);
  return [
    ...countSome(
      sumOf(packages, (pkg) => pkg.bundlesAdded),
      'bundle',
      'added',
    ),
    ...countSome(
      sumOf(packages, (pkg) => pkg.bundlesRemoved),
      'bundle',
      'removed',
    ),
    ...countSome(
      sumOf(packages, (pkg) => pkg.bundlesRereleased),
      'bundle',
      're-released',
    ),
    ...countSome(others, 'bundle', 'changed otherwise'),
  ];
}

function countImages({ imagesAdded, imagesRemoved, sizes }: DiffDocument): readonly string[] {
  return [
    ...(imagesAdded.length === 0 ? [] : [formatImages(imagesAdded.length, 'new', sizes?.added)]),
    ...(imagesRemoved.length === 0
      ? []
      : [formatImages(imagesRemoved.length, 'gone', sizes?.removed)]),
  ];
}

/** `41 images new`, and their size where the registries were asked: `(3.2 GB, 2 of unknown size)`. */
export function formatImages(
  count: number,
  what: 'new' | 'gone',
  sum: SizeSum | undefined,
): string {
  const images = `${formatCount(count, 'image')} ${what}`;
  if (sum === undefined) return images;
  if (sum.unknown === 0) return `${images} (${formatBytes(sum.bytes)})`;
  return sum.unknown === count
    ? `${images} (size unknown)`
    : `${images} (${formatBytes(sum.bytes)} and ${sum.unknown} of unknown size)`;
}

// The whole reason stands in the JSON.
const SHOWN_REASON = 120;

/** Size of one image, or why it is not known; null where nobody asked. */
export function formatSize({ bytes, unknown }: DiffImage): string | null {
  if (bytes !== null) return formatBytes(bytes);
  if (unknown === null) return null;
  const reason = unknown.length > SHOWN_REASON ? `${unknown.slice(0, SHOWN_REASON)}…` : unknown;
  return `size unknown: ${reason}`;
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

/** One sentence, without its stop, for each form that bundles moved to: for users that is no change. */
export function formatMigrations(migrated: readonly BundleMigration[]): readonly string[] {
  return (['olm.csv.metadata', 'olm.bundle.object'] as const).flatMap((to) => {
    const count = migrated.filter((migration) => migration.to === to).length;
    const from = to === 'olm.csv.metadata' ? 'olm.bundle.object' : 'olm.csv.metadata';
    return count === 0
      ? []
      : [`${formatCount(count, 'bundle')} only changed from ${from} to ${to}`];
  });
}

export interface DeprecationChange {
  readonly what: 'deprecated' | 'deprecation reworded' | 'no longer deprecated';
  /** `channel stable`, `bundle x`, or `the package`. */
  readonly subject: string;
  readonly message: string;
}

/** Deprecations, each once: another message for the same thing is no new deprecation. */
export function listDeprecationChanges({
  deprecationsAdded: added,
  deprecationsRemoved: removed,
}: Pick<PackageDiff, 'deprecationsAdded' | 'deprecationsRemoved'>): readonly DeprecationChange[] {
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

/** `deprecated: channel stable: Use stable-2.` */
export function formatDeprecation({ what, subject, message }: DeprecationChange): string {
  return `${what}: ${subject}: ${message}`;
}

/** `default channel stable → fast`. */
export function formatDefaultChannel(turn: NonNullable<PackageDiff['defaultChannel']>): string {
  return `default channel ${turn.before || 'none'} → ${turn.after || 'none'}`;
}

/** What is said of a package that differs in nothing that has a line of its own. */
export const OTHER_CONTENT = 'description, icon or other content of the package differs';

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
