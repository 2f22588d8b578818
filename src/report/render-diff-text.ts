import { compareNatural, formatCount } from '../base/text.ts';
import { describeRerelease } from '../catalog/describe-rerelease.ts';
import type { PackageDiff } from '../catalog/diff-catalogs.ts';
import type { ChannelDiff } from '../catalog/diff-channels.ts';
import type { SizeSum } from '../images/image-size.ts';
import type { DiffDocument, DiffImage } from './build-diff-document.ts';
import { renderLines } from './clean-line.ts';
import {
  formatDefaultChannel,
  formatDeprecation,
  formatDiffSums,
  formatEdgeChange,
  formatHeadChange,
  formatImages,
  formatSize,
  isOtherChange,
  listDeprecationChanges,
  listForUsers,
  listOtherBundles,
  OTHER_CONTENT,
} from './diff-words.ts';

const SHOWN_IMAGES = 10;
const SHOWN_NAMES = 8;

export interface DiffTextOptions {
  /** Every name and image, however many. */
  readonly verbose: boolean;
}

/** What changed between two catalogs, package by package; one line where nothing did. */
export function renderDiffText(document: DiffDocument, { verbose }: DiffTextOptions): string {
  const { before, after, sizes } = document;
  if (!document.different)
    return renderLines([`No difference between ${before.source} and ${after.source}.`]);
  const limits = verbose ? NO_LIMITS : LIMITS;
  return renderLines([
    `Diff ${before.source} → ${after.source}`,
    ...listForUsers(document).flatMap((pkg) => listPackageLines(pkg, limits)),
    ...(document.looseChanged ? ['  content that belongs to no package differs'] : []),
    ...listImages(document.imagesAdded, { what: 'new', sum: sizes?.added }, limits),
    ...listImages(document.imagesRemoved, { what: 'gone', sum: sizes?.removed }, limits),
    formatDiffSums(document),
  ]);
}

interface Limits {
  readonly names: number;
  readonly images: number;
}

const LIMITS: Limits = { names: SHOWN_NAMES, images: SHOWN_IMAGES };
const NO_LIMITS: Limits = { names: Number.POSITIVE_INFINITY, images: Number.POSITIVE_INFINITY };
const SYMBOLS = { added: '+', changed: '~', removed: '-' } as const;

function listPackageLines(pkg: PackageDiff, limits: Limits): readonly string[] {
  const head = `  ${SYMBOLS[pkg.kind]} ${pkg.package}`;
  if (pkg.kind !== 'changed') {
    const bundles = pkg.kind === 'added' ? pkg.bundlesAdded : pkg.bundlesRemoved;
    return [
      `${head}  ${pkg.kind}, ${formatCount(bundles.length, 'bundle')}`,
      ...pkg.channels.map(({ channel, oldHead, newHead }) => {
        const shown = pkg.kind === 'added' ? newHead : oldHead;
        return `      ${channel}: head ${shown?.name ?? 'not clear'}`;
      }),
    ];
  }
  const turn = pkg.defaultChannel;
  return [
    head,
    ...(turn === null ? [] : [`      ${formatDefaultChannel(turn)}`]),
    ...pkg.channels.flatMap((channel) => listChannelLines(channel, limits)),
    ...listNames('bundles added', pkg.bundlesAdded, limits),
    ...listNames('bundles removed', pkg.bundlesRemoved, limits),
    ...pkg.bundlesRereleased.map(
      (bundle) => `      re-released ${bundle.bundle}: ${describeRerelease(bundle)}`,
    ),
    ...listNames('bundles changed otherwise', listOtherBundles(pkg), limits),
    ...listDeprecationChanges(pkg).map((change) => `      ${formatDeprecation(change)}`),
    ...(pkg.otherChanges ? [`      ${OTHER_CONTENT}`] : []),
  ];
}

function listChannelLines(channel: ChannelDiff, limits: Limits): readonly string[] {
  const head = `      ${channel.channel}: ${formatHeadChange(channel)}`;
  if (channel.kind !== 'changed') return [head];
  return [
    isOtherChange(channel) ? `${head}, other content differs` : head,
    ...listNames('  entries added', channel.entriesAdded, limits),
    ...listNames('  entries removed', channel.entriesRemoved, limits),
    ...channel.edgesChanged.map(
      (change) => `        edge ${change.entry}: ${formatEdgeChange(change)}`,
    ),
    ...listNames('  no path to the head any more from', channel.pathsBroken, limits),
    ...listNames('  new path to the head from', channel.pathsOpened, limits),
  ];
}

function listNames(label: string, names: readonly string[], limits: Limits): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length - limits.names;
  const shown = names.toSorted(compareNatural).slice(0, limits.names).join(', ');
  return [`      ${label}: ${shown}${more > 0 ? ` and ${more} more (-v names all)` : ''}`];
}

interface ImagesTitle {
  readonly what: 'new' | 'gone';
  readonly sum: SizeSum | undefined;
}

function listImages(
  images: readonly DiffImage[],
  { what, sum }: ImagesTitle,
  limits: Limits,
): readonly string[] {
  if (images.length === 0) return [];
  const more = images.length - limits.images;
  const symbol = what === 'new' ? '+' : '-';
  const shown = images.slice(0, limits.images).map((image) => {
    const size = formatSize(image);
    return `      ${symbol} ${image.image}${size === null ? '' : `  (${size})`}`;
  });
  return [
    `  ${formatImages(images.length, what, sum)}`,
    ...shown,
    ...(more > 0 ? [`      … and ${more} more (-v names all)`] : []),
  ];
}
