import { compareNatural, formatCount } from '../base/text.ts';
import { describeRerelease } from '../catalog/describe-rerelease.ts';
import type { PackageDiff } from '../catalog/diff-catalogs.ts';
import type { DiffDocument, DiffImage } from './build-diff-document.ts';
import {
  formatDiffSums,
  formatEdgeChange,
  formatHeadChange,
  formatImages,
  formatSize,
  listDeprecationChanges,
  listForUsers,
  listOtherBundles,
  OTHER_CONTENT,
} from './diff-words.ts';
import { escapeMarkdown, formatCellCode, formatCode } from './escape-markdown.ts';

// A forge refuses a comment beyond 65,536 characters.
const SHOWN_ROWS = 80;
const SHOWN_LINES = 40;
const SHOWN_IMAGES = 50;
const SHOWN_NAMES = 6;

/**
 * A difference as a page for a review: the sums, upgrade paths that broke and default channels
 * that changed, then what users of OperatorHub will see; details and images folded. No difference
 * is one line.
 */
export function renderDiffMarkdown(document: DiffDocument): string {
  const head = `### olmirror: ${escapeMarkdown(formatDiffSums(document))}`;
  const sides = `From ${formatSide(document.before)} to ${formatSide(document.after)}`;
  if (!document.different) return `${head}\n\n${sides}\n`;
  const { imagesAdded, imagesRemoved, sizes } = document;
  const packages = listForUsers(document);
  const details = [
    ...packages.filter((pkg) => pkg.kind === 'changed').flatMap(listDetails),
    ...(document.looseChanged ? ['- Content that belongs to no package differs.'] : []),
  ];
  const warnings = [...packages.flatMap(listBroken), ...packages.flatMap(listDefault)];
  const parts = [
    head,
    sides,
    limit(warnings, SHOWN_LINES, (more) => `- … and ${more} more`).join('\n'),
    renderTable(packages),
    renderFolded(formatCount(details.length, 'detail'), details, SHOWN_LINES),
    renderFolded(
      formatImages(imagesAdded.length, 'new', sizes?.added),
      imagesAdded.map(formatImage),
      SHOWN_IMAGES,
    ),
    renderFolded(
      formatImages(imagesRemoved.length, 'gone', sizes?.removed),
      imagesRemoved.map(formatImage),
      SHOWN_IMAGES,
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function formatSide(side: DiffDocument['before']): string {
  const digest = side.digest === null ? '' : ` (${formatCode(side.digest.slice(0, 19))})`;
  return `${formatCode(side.source)}${digest}`;
}

/** What new installations will get. */
function listDefault({ package: name, kind, defaultChannel }: PackageDiff): readonly string[] {
  if (kind !== 'changed' || defaultChannel === null) return [];
  return [`- **Default channel** of ${formatCode(name)}: ${formatTurn(defaultChannel)}`];
}

function listBroken(pkg: PackageDiff): readonly string[] {
  return pkg.channels.flatMap(({ channel, pathsBroken }) =>
    pathsBroken.length === 0
      ? []
      : [
          `- **Broken upgrade path**: in ${formatCode(pkg.package)} channel ${formatCode(channel)} no path leads to the head any more from ${listCodes(pathsBroken)}`,
        ],
  );
}

const SYMBOLS = { added: '➕', changed: '🔄', removed: '➖' } as const;

function renderTable(packages: readonly PackageDiff[]): string {
  if (packages.length === 0) return '';
  return [
    '| | Operator | Channel | Head | Bundles |',
    '|---|---|---|---|---|',
    ...limit(packages.flatMap(listRows), SHOWN_ROWS, (more) => `| | … and ${more} more | | | |`),
  ].join('\n');
}

function listRows(pkg: PackageDiff): readonly string[] {
  const shown = formatBundles(pkg);
  const channels = pkg.channels.map((channel) => [
    `${formatCellCode(channel.channel)}${pkg.defaultChannel?.after === channel.channel ? ' (default)' : ''}`,
    escapeMarkdown(formatHeadChange(channel)),
  ]);
  return (channels.length === 0 ? [['', '']] : channels).map((cells, i) => {
    const first = i === 0 ? [SYMBOLS[pkg.kind], formatCellCode(pkg.package)] : ['', ''];
    return `| ${[...first, ...cells, i === 0 ? shown : ''].join(' | ')} |`;
  });
}

function formatBundles(pkg: PackageDiff): string {
  if (pkg.kind !== 'changed') {
    const names = pkg.kind === 'added' ? pkg.bundlesAdded : pkg.bundlesRemoved;
    return formatCount(names.length, 'bundle');
  }
  const bundles = [
    ...pkg.bundlesAdded.toSorted(compareNatural).map((name) => `+ ${formatCellCode(name)}`),
    ...pkg.bundlesRemoved.toSorted(compareNatural).map((name) => `− ${formatCellCode(name)}`),
    ...pkg.bundlesRereleased.map(({ bundle }) => `re-released ${formatCellCode(bundle)}`),
    ...listOtherBundles(pkg).map((name) => `changed ${formatCellCode(name)}`),
  ];
  return limit(bundles, SHOWN_NAMES, (more) => `and ${more} more`).join('<br>');
}

function listDetails(pkg: PackageDiff): readonly string[] {
  const lines = [
    ...pkg.channels.flatMap((channel) => [
      ...channel.edgesChanged.map(
        (change) =>
          `channel ${formatCode(channel.channel)}, edge ${formatCode(change.entry)}: ${escapeMarkdown(formatEdgeChange(change))}`,
      ),
      ...(channel.pathsOpened.length === 0
        ? []
        : [
            `channel ${formatCode(channel.channel)}: new path to the head from ${listCodes(channel.pathsOpened)}`,
          ]),
    ]),
    ...pkg.bundlesRereleased.map(
      (bundle) =>
        `re-released ${formatCode(bundle.bundle)}: ${escapeMarkdown(describeRerelease(bundle))}`,
    ),
    ...listDeprecationChanges(pkg).map(
      ({ what, subject, message }) =>
        `**${what}**: ${escapeMarkdown(subject)}: ${escapeMarkdown(message)}`,
    ),
    ...(pkg.otherChanges ? [OTHER_CONTENT] : []),
  ];
  return lines.map((line) => `- ${formatCode(pkg.package)}: ${line}`);
}

function formatTurn({
  before,
  after,
}: {
  readonly before: string;
  readonly after: string;
}): string {
  return [before, after].map((name) => (name === '' ? 'none' : formatCode(name))).join(' → ');
}

function listCodes(names: readonly string[]): string {
  return limit(
    names.toSorted(compareNatural).map(formatCode),
    SHOWN_NAMES,
    (more) => `and ${more} more`,
  ).join(', ');
}

function formatImage(image: DiffImage): string {
  const size = formatSize(image);
  return `- ${formatCode(image.image)}${size === null ? '' : ` (${escapeMarkdown(size)})`}`;
}

function renderFolded(title: string, lines: readonly string[], shown: number): string {
  if (lines.length === 0) return '';
  return [
    '<details>',
    `<summary>${title}</summary>`,
    '',
    ...limit(lines, shown, (more) => `- … and ${more} more`),
    '',
    '</details>',
  ].join('\n');
}

function limit(
  lines: readonly string[],
  shown: number,
  say: (more: number) => string,
): readonly string[] {
  return lines.length <= shown ? lines : [...lines.slice(0, shown), say(lines.length - shown)];
}
