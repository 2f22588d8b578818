import { Buffer } from 'node:buffer';
import { compareBytes } from '../../base/text.ts';
import { listField, readDefaultChannel, readEntries, readEntry } from '../blob-fields.ts';
import { buildChannelGraph, findHead } from '../channel-graph.ts';
import { isJsonArray, isJsonObject, ownField } from '../raw-json.ts';
import type { Blob, CatalogPackage, JsonValue } from '../types.ts';
import { escapeHtml, formatText, joinFields } from './format-go.ts';
import { findDeprecation, formatDeprecation, type PackageIcon, readFace } from './package-face.ts';

/** The file that tells opm of all packages, relative to the folder of the cache's files. */
export const INDEX_FILE = 'packages.json';

/** What a package contributes to the index of packages: a pure function of the package. */
export function renderIndexEntry(pkg: CatalogPackage): string {
  const { description, icon } = readFace(pkg);
  return escapeHtml(
    joinFields([
      ['name', formatText(pkg.name)],
      ['description', formatText(description)],
      ['icon', icon === null ? 'null' : formatIcon(icon)],
      ['defaultChannel', formatText(readDefaultChannel(pkg))],
      ['Channels', formatChannels(pkg)],
      ['deprecation', formatDeprecation(findDeprecation(pkg, 'olm.package', ''))],
    ]),
  );
}

/** The index of packages, of the entries of `renderIndexEntry` by package. */
export function renderIndex(entries: ReadonlyMap<string, string>): Uint8Array {
  const sorted = [...entries].toSorted(([a], [b]) => compareBytes(a, b));
  return Buffer.from(
    `{${sorted.map(([name, entry]) => `${formatText(name)}:${entry}`).join(',')}}`,
  );
}

function formatIcon({ data, mediaType }: PackageIcon): string {
  return joinFields([
    ['base64data', data === null ? 'null' : formatText(data)],
    ['mediatype', formatText(mediaType)],
  ]);
}

function formatChannels(pkg: CatalogPackage): string {
  const channels = pkg.channels.toSorted((a, b) => compareBytes(a.name, b.name));
  return formatMap(channels.map((channel) => [channel.name, formatChannel(channel, pkg)]));
}

function formatChannel(channel: Blob, pkg: CatalogPackage): string {
  const head = findHead(buildChannelGraph(readEntries(channel)));
  if (head === null) throw new Error(`The channel ${channel.name} has no single head.`);
  const entries = listField(channel.value, 'entries')
    .map((entry) => [readEntry(entry).name, formatEntry(entry, channel)] as const)
    .toSorted(([a], [b]) => compareBytes(a, b));
  return joinFields([
    ['Name', formatText(channel.name)],
    ['Head', formatText(head)],
    ['Bundles', formatMap(entries)],
    ['deprecation', formatDeprecation(findDeprecation(pkg, 'olm.channel', channel.name))],
  ]);
}

function formatEntry(value: JsonValue, channel: Blob): string {
  const entry = readEntry(value);
  // A list without skips and no list are told apart here, as Go does.
  const hasSkips = isJsonObject(value) && isJsonArray(ownField(value, 'skips'));
  return joinFields([
    ['package', formatText(channel.package)],
    ['channel', formatText(channel.name)],
    ['name', formatText(entry.name)],
    ['replaces', formatText(entry.replaces)],
    ['skips', hasSkips ? `[${entry.skips.map(formatText).join(',')}]` : 'null'],
  ]);
}

function formatMap(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([name, text]) => `${formatText(name)}:${text}`).join(',')}}`;
}
