import { compareNatural, formatCount, shorten } from '../base/text.ts';
import { describeRerelease } from '../catalog/describe-rerelease.ts';
import type { DeliveredPackage, DeliveryRecord } from '../manifest/types.ts';
import type { DiffDocument } from './build-diff-document.ts';
import { cleanLine } from './clean-line.ts';
import { listDeprecationChanges } from './diff-words.ts';
import { escapeMarkdown, formatCellCode, formatCode, formatSentence } from './escape-markdown.ts';
import { fitMarkdown } from './fit-markdown.ts';
import type { MergeSummary } from './render-merge-text.ts';

/** What a branch brings to one catalog. */
export interface DeliveredCatalog {
  readonly catalog: string;
  /** Records that the base lacks, oldest first. */
  readonly records: readonly DeliveryRecord[];
  /** From the base to the branch. */
  readonly diff: Pick<DiffDocument, 'packages'>;
  /** Of the delivery that was taken in just now, or once more. */
  readonly summary: Pick<MergeSummary, 'gaps' | 'held' | 'notes'>;
}

const BEGIN = '<!-- olmirror:delivery';
const END = '<!-- /olmirror:delivery -->';
const MOST_NAMES = 3;
const MOST_FINDINGS = 60;
const MOST_ROWS = 150;
const LONGEST_TITLE = 120;
/** Forges keep 32,768 characters; people write around it. */
const LONGEST_PART = 28_000;
const CUT = '… There is more: the changed files of this request have it all.';

/** One line, for a request or a commit: what comes into which catalog. */
export function formatDeliveryTitle(catalogs: readonly DeliveredCatalog[]): string {
  const parts = catalogs.map(({ catalog, diff }) => {
    const names = diff.packages.map((pkg) => pkg.package);
    const more = names.length - MOST_NAMES;
    const shown = [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`${more} more`] : [])];
    return `${shown.length === 0 ? 'other content' : shown.join(', ')} into ${catalog}`;
  });
  const gaps = catalogs.flatMap(listGapNames).length;
  const title = cleanLine(`Take ${parts.join('; ')}`);
  const cut = title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 1)}…` : title;
  return gaps === 0 ? cut : `${cut} (${formatCount(gaps, 'gap')})`;
}

/**
 * What a person reviews: deliveries, what needs a person, packages with their heads. Between marks, so that
 * `placeDelivery` finds it again; `keys` tell which deliveries it is about.
 */
export function renderDeliveryRequest(
  catalogs: readonly DeliveredCatalog[],
  keys: readonly string[],
): string {
  const findings = catalogs.flatMap(listFindings);
  const parts = [
    `${BEGIN} ${keys.join(' ')} -->`,
    'olmirror took these deliveries in. Nothing reaches production before this is merged. What stands above the last line is written anew with each delivery.',
    catalogs.flatMap(listDeliveries).join('\n'),
    ...(findings.length === 0
      ? []
      : [
          '### Needs a person',
          limit(findings, MOST_FINDINGS, (more) => `- … and ${more} more`).join('\n'),
        ]),
    ...catalogs.flatMap(renderPackages),
  ];
  const text = parts.filter((part) => part !== '').join('\n\n');
  return `${fitMarkdown(text, LONGEST_PART, CUT)}\n\n${END}\n`;
}

/** A request's text with a new part of ours; what people wrote around it stays. */
export function placeDelivery(body: string, part: string): string {
  const text = body.replaceAll('\r\n', '\n');
  const [begin, end] = [text.indexOf(BEGIN), text.lastIndexOf(END)];
  if (begin < 0 || end < begin) return text.trim() === '' ? part : `${part}\n${text}`;
  return `${text.slice(0, begin)}${part.trimEnd()}${text.slice(end + END.length)}`;
}

/** Keys of the deliveries that a request is about. */
export function readDeliveryKeys(body: string): readonly string[] {
  const [, keys = ''] = /<!-- olmirror:delivery ([\w ]*) -->/.exec(body) ?? [];
  return keys.split(' ').filter((key) => key !== '');
}

function listDeliveries({ catalog, records }: DeliveredCatalog): readonly string[] {
  return records.map(
    ({ source, digest, date, packages, newImages }) =>
      `- ${formatCode(catalog)} ← ${formatCode(shorten(source))} (${formatCode(digest.slice(0, 19))}, ${date}): ${formatCount(packages.length, 'package')}, ${formatCount(newImages, 'image')} named for the first time`,
  );
}

function listGapNames({ records, summary }: DeliveredCatalog): readonly string[] {
  return [
    ...new Set([
      ...summary.gaps.map((gap) => gap.package),
      ...records.flatMap((record) => record.gaps),
    ]),
  ].toSorted(compareNatural);
}

function listFindings(delivered: DeliveredCatalog): readonly string[] {
  const { records, diff, summary } = delivered;
  const told = new Set(summary.gaps.map((gap) => gap.package));
  const images = new Map(summary.held.map((held) => [held.bundle, held.image]));
  const held = [...new Set([...images.keys(), ...records.flatMap((record) => record.held)])];
  return [
    ...summary.gaps.map(
      (gap) =>
        `- **Gap**: ${formatName(gap.package)} stays as it was: ${formatSentence(shorten(gap.message))} ${formatSentence(shorten(gap.hint))}`,
    ),
    ...listGapNames(delivered)
      .filter((name) => !told.has(name))
      .map((name) => `- **Gap**: ${formatName(name)} stays as it was.`),
    ...held.map((bundle) => {
      const image = images.get(bundle);
      const why =
        image === undefined ? '' : `, because ${formatName(image)} is in neither registry`;
      return `- **Held back**: ${formatName(bundle)}${why}`;
    }),
    ...diff.packages.flatMap((pkg) => [
      ...pkg.channels
        .filter(({ pathsBroken }) => pathsBroken.length > 0)
        .map(
          ({ channel, pathsBroken }) =>
            `- **Broken upgrade path**: ${formatName(pkg.package)} channel ${formatName(channel)}, from ${limit(pathsBroken.map(formatName), MOST_NAMES, (more) => `${more} more`).join(', ')}`,
        ),
      ...(pkg.kind === 'changed' && pkg.defaultChannel !== null
        ? [
            `- **Default channel** of ${formatName(pkg.package)}: ${formatName(pkg.defaultChannel.before)} → ${formatName(pkg.defaultChannel.after)}`,
          ]
        : []),
      ...pkg.bundlesRereleased.map(
        (bundle) =>
          `- **Re-released**: ${formatName(bundle.bundle)}: ${escapeMarkdown(shorten(describeRerelease(bundle)))}`,
      ),
      ...listDeprecationChanges(pkg).map(
        ({ what, subject, message }) =>
          `- **${what}**: ${formatName(pkg.package)}, ${escapeMarkdown(shorten(subject))}: ${escapeMarkdown(shorten(message))}`,
      ),
    ]),
    ...summary.notes.map((note) => `- Note: ${formatSentence(shorten(note.message))}`),
  ];
}

const SYMBOLS = { added: '➕', changed: '🔄', removed: '➖' } as const;

function renderPackages({ catalog, records, diff }: DeliveredCatalog): readonly string[] {
  if (diff.packages.length === 0) return [];
  const heads = new Map<string, DeliveredPackage>();
  for (const { packages } of records)
    for (const pkg of packages)
      heads.set(pkg.name, { ...pkg, old: heads.get(pkg.name)?.old ?? pkg.old });
  const rows = diff.packages.map((pkg) => {
    const head = heads.get(pkg.package);
    const cells = [
      SYMBOLS[pkg.kind],
      formatCellCode(shorten(pkg.package)),
      formatHead(head?.old),
      formatHead(head?.new),
      [
        ...(pkg.bundlesAdded.length === 0 ? [] : [`+${pkg.bundlesAdded.length}`]),
        ...(pkg.bundlesRemoved.length === 0 ? [] : [`−${pkg.bundlesRemoved.length}`]),
      ].join(' '),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `### ${formatCode(catalog)}: ${formatCount(rows.length, 'package')}`,
    [
      '| | Operator | Head before | Head after | Bundles |',
      '|---|---|---|---|---|',
      ...limit(rows, MOST_ROWS, (more) => `| | … and ${more} more | | | |`),
    ].join('\n'),
  ];
}

function formatHead(name: string | null | undefined): string {
  return name === null || name === undefined ? '' : formatCellCode(shorten(name));
}

function formatName(name: string): string {
  return name === '' ? 'none' : formatCode(shorten(name));
}

function limit(
  lines: readonly string[],
  shown: number,
  say: (more: number) => string,
): readonly string[] {
  return lines.length <= shown ? lines : [...lines.slice(0, shown), say(lines.length - shown)];
}
