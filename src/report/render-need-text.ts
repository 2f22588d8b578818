import { formatBytes, formatCount } from '../base/text.ts';
import type { AskedChannel } from '../catalog/select-asked.ts';
import { formatReleaseTag } from '../images/release.ts';
import { isReachable } from '../images/release-path.ts';
import type { NeededReleases } from '../plan/media-release-types.ts';
import type { Need, NeededCatalog } from '../plan/media-types.ts';
import { describeVerdict } from '../plan/release-checks.ts';
import { cleanLine } from './clean-line.ts';
import { REASONS } from './render-image-set.ts';

/** What to mirror, and the plain list of images that production lacks. */
export function renderNeedText(need: Need): string {
  const { snapshot, images, held, unreadable, hash } = need;
  return [
    `Against the snapshot of ${snapshot.name} of ${snapshot.time} (${snapshot.hash.slice(0, 19)}).`,
    ...need.catalogs.flatMap(renderCatalog),
    ...(need.releases === null ? [] : renderReleases(need.releases)),
    '',
    `${formatCount(images.length, 'image')} to bring, ${formatSize(need)}; ${held.length} more are in production already:`,
    ...images.map(
      ({ reference, state, bytes }) =>
        `  ${reference}${bytes === null ? '' : `  ${formatBytes(bytes)}`}${formatDoubt(state)}`,
    ),
    ...unreadable.map((reference) => `  No registry takes ${cleanLine(reference)}`),
    '',
    hash,
    '',
  ].join('\n');
}

function renderReleases(releases: NeededReleases): readonly string[] {
  const { bring, held, paths, notes, graph } = releases;
  const source = graph === null ? '' : `, by the graph of ${graph}`;
  return [
    '',
    cleanLine(`OpenShift: ${formatCount(bring.length, 'release')} to bring${source}`),
    ...bring.map(
      (release) =>
        `  ${formatReleaseTag(release)} (${REASONS[release.why]})${release.channel === null ? '' : `, channel ${cleanLine(release.channel)}`}${formatDoubt(release.state)}`,
    ),
    ...held.map((release) => `  ${formatReleaseTag(release)} is in production already`),
    ...paths.map((path) =>
      cleanLine(
        `  ${isReachable(path.verdict) ? 'Gets there' : 'Does not get there'}: ${path.cluster} to ${formatReleaseTag(path.release)}: ${describeVerdict(path)}`,
      ),
    ),
    ...notes.map((note) => `  Note: ${cleanLine(note)}`),
  ];
}

function formatDoubt(state: 'absent' | 'unknown'): string {
  return state === 'unknown' ? '  (production did not tell)' : '';
}

function formatSize({ images, blobs }: Need): string {
  const unknown = images.filter(({ bytes }) => bytes === null).length;
  if (blobs === null || unknown === images.length) return 'of unknown size';
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  const sum = `${formatBytes(bytes)} in ${formatCount(blobs.length, 'blob')}`;
  return unknown === 0 ? sum : `${sum} and ${formatCount(unknown, 'image')} of unknown size`;
}

function renderCatalog(catalog: NeededCatalog): readonly string[] {
  const { packages, required, unclosed, unmet, upgrades, notes } = catalog;
  return [
    '',
    `${catalog.catalog} from ${cleanLine(catalog.source)}: ${formatCount(packages.length, 'package')} to mirror`,
    ...packages.flatMap(({ name, channels }) => [
      `  ${cleanLine(name)}${required.includes(name) ? ' (required by others)' : ''}`,
      ...channels.map((channel) => `    ${formatChannel(channel)}`),
    ]),
    ...unclosed.flatMap(({ package: name, channel, gaps }) => [
      `  Left out: ${cleanLine(channel === null ? name : `${name} channel ${channel}`)}; no image closes its gap.`,
      ...gaps.map(({ message, hint }) => `    ${cleanLine(message)} ${cleanLine(hint)}`),
    ]),
    ...unmet.map(
      ({ bundle, requires }) =>
        `  Unmet: ${cleanLine(bundle)} requires ${cleanLine(requires)}, which neither Git nor this source provides.`,
    ),
    ...upgrades.map(
      ({ cluster, user, from, to, effect }) =>
        `  ${WORDS[effect]}: ${cleanLine(`${cluster} ${user}`)}, ${cleanLine(from)}${to === null ? '' : ` to ${cleanLine(to)}`}`,
    ),
    ...notes.map(({ message }) => `  Note: ${cleanLine(message)}`),
  ];
}

const WORDS = {
  automatic: 'Upgrades by itself',
  manual: 'Waits for approval',
  stranded: 'Cut off from its head',
  opened: 'Has a way again',
} as const;

function formatChannel({ name, minVersion, maxVersion }: AskedChannel): string {
  if (minVersion === null) return `${cleanLine(name)}: head`;
  return `${cleanLine(name)}: ${minVersion} to ${maxVersion ?? 'head'}`;
}
