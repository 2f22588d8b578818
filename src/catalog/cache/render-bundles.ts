import { Buffer } from 'node:buffer';
import { compareBytes } from '../../base/text.ts';
import { type ChannelEntry, readEntries } from '../blob-fields.ts';
import type { Blob, CatalogPackage } from '../types.ts';
import {
  type BundleParts,
  type BundleRenderer,
  createBundleRenderer,
  escapeNull,
} from './bundle-parts.ts';
import {
  continueFields,
  escapeHtml,
  formatFilled,
  formatFilledList,
  formatText,
  joinFields,
} from './format-go.ts';
import { findDeprecation, formatDeprecation, readFace } from './package-face.ts';
import { joinPieces, type PiecedFile } from './pieced-file.ts';

/** An entry of a channel, and the file of the cache that opm serves it from. */
export interface CacheEntry {
  /** Relative to the folder of the cache's files. */
  readonly path: string;
  readonly channel: Blob;
  readonly entry: ChannelEntry;
}

/** Every entry of every channel, by path. */
export function listCacheEntries(pkg: CatalogPackage): readonly CacheEntry[] {
  const entries = pkg.channels.flatMap((channel) =>
    readEntries(channel).map((entry) => ({
      path: `${pkg.name}_${channel.name}_${entry.name}.json`,
      channel,
      entry,
    })),
  );
  return entries.toSorted((a, b) => compareBytes(a.path, b.path));
}

/**
 * The files of a package, one for every entry of a channel, by path: a pure function of the package.
 * One is in memory at a time, besides the parts of bundles that are in further channels, and what is
 * said twice is one piece. The package must be one for which `validateServable` finds nothing.
 */
export function* renderBundleFiles(
  pkg: CatalogPackage,
  { partsOf }: BundleRenderer = createBundleRenderer(),
): Generator<PiecedFile, void, undefined> {
  const entries = listCacheEntries(pkg);
  const face = readFace(pkg);
  const bundles = new Map(pkg.bundles.map((bundle) => [bundle.name, bundle]));
  const uses = new Map<string, number>();
  for (const { entry } of entries) uses.set(entry.name, (uses.get(entry.name) ?? 0) + 1);
  const parts = new Map<string, BundleParts>();
  for (const { path, channel, entry } of entries) {
    const bundle = bundles.get(entry.name);
    if (bundle === undefined) throw new Error(`The bundle ${entry.name} is not in ${pkg.name}.`);
    const own = parts.get(entry.name) ?? partsOf(bundle, face);
    const left = (uses.get(entry.name) ?? 0) - 1;
    uses.set(entry.name, left);
    if (left > 0) parts.set(entry.name, own);
    else parts.delete(entry.name);
    const deprecation = findDeprecation(pkg, 'olm.bundle', entry.name);
    yield joinPieces(path, listPieces(own, { channel, entry, deprecation }));
  }
}

interface ServedEntry extends Pick<CacheEntry, 'channel' | 'entry'> {
  readonly deprecation: string | null;
}

function listPieces(
  parts: BundleParts,
  { channel, entry, deprecation }: ServedEntry,
): readonly Uint8Array[] {
  const head = joinFields([
    ['csvName', escapeHtml(formatText(entry.name))],
    ['packageName', formatText(channel.package)],
    ['channelName', escapeHtml(formatText(channel.name))],
  ]).slice(0, -1);
  const range = continueFields([['skipRange', escapeNull(formatFilled(entry.skipRange))]]);
  const tail = continueFields([
    ['replaces', escapeNull(formatFilled(entry.replaces))],
    ['skips', escapeNull(formatFilledList(entry.skips.map(formatText)))],
    ['deprecation', formatDeprecation(deprecation)],
  ]);
  return [
    Buffer.from(head),
    ...parts.middle,
    Buffer.from(range),
    parts.lists,
    Buffer.from(`${tail}}`),
  ];
}
