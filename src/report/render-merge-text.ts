import { formatCount } from '../base/text.ts';
import type { Gap, MergeNote, PackageChange } from '../catalog/merge-types.ts';
import { renderLines } from './clean-line.ts';
import {
  formatDefaultChannel,
  formatDeprecation,
  formatMigrations,
  listDeprecationChanges,
  OTHER_CONTENT,
} from './diff-words.ts';
import { listGapLines } from './render-gap-text.ts';
import { formatHeads } from './render-plan-text.ts';

/** What `merge` or `init` did to one catalog in Git. */
export interface MergeSummary {
  readonly catalog: string;
  readonly source: string;
  readonly changes: readonly PackageChange[];
  readonly gaps: readonly Gap[];
  readonly notes: readonly MergeNote[];
  /** `package/bundle` of bundles left out because an image of theirs is in neither registry. */
  readonly held: readonly { readonly bundle: string; readonly image: string }[];
  readonly newImages: number;
  readonly record: string | null;
  /** What Git tells clusters to serve, where the serving registry lets no tag move; null where it does. */
  readonly cluster: { readonly tag: string; readonly files: readonly string[] } | null;
}

/** What changes for the users of OperatorHub, what stays although it was not delivered, and what could not be merged. */
export function renderMergeText(summary: MergeSummary): string {
  const { changes } = summary;
  const changed = changes.filter((change) => change.kind === 'added' || change.kind === 'updated');
  const kept = changes.filter((change) => change.kind === 'kept').map((change) => change.package);
  const same = changes
    .filter((change) => change.kind === 'unchanged')
    .map((change) => change.package);
  const excluded = changes.filter(({ kind }) => kind === 'excluded').map((it) => it.package);
  const lines = [
    `Catalog ${summary.catalog} ← ${summary.source}`,
    ...changed.flatMap(listChangeLines),
    ...(changed.length === 0 && excluded.length === 0 ? ['  nothing new'] : []),
    ...listNames('  excluded, so not in the catalog: ', excluded),
    ...listNames('  unchanged: ', same),
    ...listNames('  stays, though it was not delivered: ', kept),
    ...summary.held.map(
      (held) => `  held back: ${held.bundle}, because ${held.image} is in neither registry`,
    ),
    ...listMigrated(changes),
    ...summary.notes.flatMap((note) => [
      `  note: ${note.message}`,
      ...(note.hint === undefined ? [] : [`    Hint: ${note.hint}`]),
    ]),
    ...summary.gaps.flatMap((gap) => listGapLines(gap, summary.catalog)),
    `  ${formatCount(summary.newImages, 'image')} named for the first time`,
    ...(summary.record === null ? [] : [`  recorded in ${summary.record}`]),
    ...listCluster(summary),
  ];
  return renderLines(lines);
}

function listCluster({ cluster }: MergeSummary): readonly string[] {
  if (cluster === null) return [];
  const { tag, files } = cluster;
  return [
    `  the serving registry lets no tag move: clusters are told of ${tag}${files.length === 0 ? ' already' : ` in ${files.join(', ')}`}`,
  ];
}

function listChangeLines(change: PackageChange): readonly string[] {
  const symbol = change.kind === 'added' ? '+' : '~';
  const { bundlesAdded, bundlesReplaced, bundlesRereleased } = change;
  const others = bundlesReplaced.length - bundlesRereleased.length;
  const counts = [
    ...(bundlesAdded.length === 0 ? [] : [`+${formatCount(bundlesAdded.length, 'bundle')}`]),
    ...(bundlesRereleased.length === 0 ? [] : [`${bundlesRereleased.length} re-released`]),
    ...(others === 0 ? [] : [`${others} changed otherwise`]),
  ];
  const bundles = counts.length === 0 ? '' : `  ${counts.join(', ')}`;
  return [
    `  ${symbol} ${change.package}${bundles}`,
    ...listDetails(change, counts.length > 0).map((line) => `      ${line}`),
  ];
}

function listDetails(change: PackageChange, counted: boolean): readonly string[] {
  const { channels, defaultChannel, kind } = change;
  if (kind === 'added') return channels.map(formatChannel);
  const moved = channels.filter(({ oldHead, newHead }) => oldHead?.name !== newHead?.name);
  const lines = [
    ...(defaultChannel === null ? [] : [formatDefaultChannel(defaultChannel)]),
    ...moved.map(formatChannel),
    ...listDeprecationChanges(change).map(formatDeprecation),
  ];
  // A name alone would not say why it stands here.
  if (lines.length > 0 || counted) return lines;
  if (channels.length > 0) return channels.map(formatChannel);
  return change.bundlesMigrated.length > 0 ? [] : [OTHER_CONTENT];
}

function formatChannel({ channel, oldHead, newHead }: PackageChange['channels'][number]): string {
  return `${channel}: ${formatHeads({ old: oldHead?.name ?? null, new: newHead?.name ?? null })}`;
}

function listMigrated(changes: readonly PackageChange[]): readonly string[] {
  return formatMigrations(changes.flatMap((change) => change.bundlesMigrated)).map(
    (line) => `  ${line}`,
  );
}

function listNames(label: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${label}${names.join(', ')}`];
}
