import { formatCount, joinNames } from '../base/text.ts';
import type { InUseReport } from '../plan/in-use-types.ts';

const SHOWN = 5;

/** What was seen in a cluster, as lines. */
export function renderInUseText(report: InUseReport): string {
  const { cluster, seen, images } = report;
  const counted = [
    formatCount(report.subscriptions, 'Subscription'),
    ...(report.clusterExtensions === 0
      ? []
      : [formatCount(report.clusterExtensions, 'ClusterExtension')]),
    formatCount(report.bundles, 'installed bundle'),
    formatCount(images, 'image'),
  ];
  return [
    `Cluster ${cluster}, ${seen}: ${joinNames(counted)}, out of ${formatCount(report.objects, 'object')}.`,
    ...listImages('new', report.added),
    ...listImages('no longer used', report.dropped),
    ...describeUnmirrored(report),
    ...describeIgnored(report),
    ...describeUntouched(report),
    ...report.unseen.map(
      ({ kind, why, message }) =>
        `NOT SEEN  ${kind}: ${why}${message === null ? '' : `, ${message}`}`,
    ),
    ...report.gaps
      .filter(({ why }) => why !== 'unseen')
      .map(({ message, hint }) => `UNKNOWN   ${message} ${hint}`),
    describeFile(report),
  ].join('\n');
}

function listImages(word: string, images: readonly string[]): readonly string[] {
  if (images.length === 0) return [];
  const more = images.length > SHOWN ? [`  and ${images.length - SHOWN} more`] : [];
  return [
    `${formatCount(images.length, 'image')} ${word}:`,
    ...images.slice(0, SHOWN).map((image) => `  ${image}`),
    ...more,
  ];
}

function describeUnmirrored({ unmirrored }: InUseReport): readonly string[] {
  if (unmirrored.length === 0) return [];
  const more = unmirrored.length > SHOWN ? [`  and ${unmirrored.length - SHOWN} more`] : [];
  return [
    `${formatCount(unmirrored.length, 'image')} that no mirror rule of the cluster redirects:`,
    ...unmirrored
      .slice(0, SHOWN)
      .map(({ image, users }) => `  ${image}${users.length === 0 ? '' : ` (${users[0]})`}`),
    ...more,
  ];
}

function describeIgnored({ ignored }: InUseReport): readonly string[] {
  if (ignored.length === 0) return [];
  const kinds = ignored.map(({ kind, objects }) => `${kind} (${objects})`);
  return [
    `Nothing was taken from ${joinNames(kinds)}. Where such an object names images that run, say so by --include KIND.`,
  ];
}

function describeUntouched({ untouched, file }: InUseReport): readonly string[] {
  if (untouched.length === 0) return [];
  return [`Not looked at, so what ${file} says of it stays: ${untouched.join(', ')}.`];
}

function describeFile({ file, written, dryRun }: InUseReport): string {
  if (dryRun) return `${file} was not written (--dry-run).`;
  return written
    ? `Wrote ${file}: look at the difference, then commit it.`
    : `${file} says that already.`;
}
