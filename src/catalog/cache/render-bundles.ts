import { Buffer } from 'node:buffer';
import { compareBytes } from '../../base/text.ts';
import {
  type BundleProperty,
  type ChannelEntry,
  foldedField,
  readBundleFacts,
  readEntries,
  readProperties,
} from '../blob-fields.ts';
import { isJsonObject } from '../raw-json.ts';
import type { Blob, CatalogPackage, JsonValue } from '../types.ts';
import { type BundleManifests, readManifests } from './bundle-csv.ts';
import {
  escapeHtml,
  formatFilled,
  formatFilledList,
  formatFree,
  formatText,
  joinFields,
} from './format-go.ts';
import { findDeprecation, formatDeprecation, type PackageFace, readFace } from './package-face.ts';
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
 * said twice is one piece. The package
 * must be one for which `validateServable` finds nothing.
 */
export function* renderBundleFiles(pkg: CatalogPackage): Generator<PiecedFile, void, undefined> {
  const entries = listCacheEntries(pkg);
  const face = readFace(pkg);
  const bundles = new Map(pkg.bundles.map((bundle) => [bundle.name, bundle]));
  const uses = new Map<string, number>();
  for (const { entry } of entries) uses.set(entry.name, (uses.get(entry.name) ?? 0) + 1);
  const parts = new Map<string, BundleParts>();
  for (const { path, channel, entry } of entries) {
    const bundle = bundles.get(entry.name);
    if (bundle === undefined) throw new Error(`The bundle ${entry.name} is not in ${pkg.name}.`);
    const own = parts.get(entry.name) ?? renderParts(bundle, pkg, face);
    const left = (uses.get(entry.name) ?? 0) - 1;
    uses.set(entry.name, left);
    if (left > 0) parts.set(entry.name, own);
    else parts.delete(entry.name);
    yield joinPieces(path, listPieces(own, channel, entry));
  }
}

/** What the files of a bundle have in common, whatever the channel. */
interface BundleParts {
  /** From the manifests to the version, with a comma before each field. */
  readonly middle: readonly Uint8Array[];
  readonly lists: Uint8Array;
  readonly deprecation: string | null;
}

function renderParts(bundle: Blob, pkg: CatalogPackage, face: PackageFace): BundleParts {
  const properties = readProperties(bundle);
  const facts = readBundleFacts(bundle);
  const fields = [
    ['bundlePath', escapeNull(formatFilled(facts.image))],
    ['providedApis', formatApis(properties, 'olm.gvk')],
    ['requiredApis', formatApis(properties, 'olm.gvk.required')],
    ['version', formatFilled(facts.version.version)],
  ] as const;
  const lists = [
    ['dependencies', formatFilledList(properties.flatMap(formatDependency))],
    ['properties', formatFilledList(properties.flatMap(formatProperty))],
  ] as const;
  const deprecation = findDeprecation(pkg, 'olm.bundle', bundle.name);
  return {
    middle: [...renderManifests(readManifests(bundle, face)), Buffer.from(continueFields(fields))],
    lists: Buffer.from(continueFields(lists)),
    deprecation: formatDeprecation(deprecation),
  };
}

const CSV_FIELD = Buffer.from(',"csvJson":');
const OBJECTS = Buffer.from(',"object":[');
const COMMA = Buffer.from(',');
const END = Buffer.from(']');

// The CSV is large, and mostly among the objects too.
function renderManifests({ csv, objects }: BundleManifests): readonly Uint8Array[] {
  const quoted = Buffer.from(formatText(csv));
  const list = objects.flatMap((json) => [
    COMMA,
    json === csv ? quoted : Buffer.from(formatText(json)),
  ]);
  return [
    ...(csv === '' ? [] : [CSV_FIELD, quoted]),
    ...(list.length === 0 ? [] : [OBJECTS, ...list.slice(1), END]),
  ];
}

function listPieces(parts: BundleParts, channel: Blob, entry: ChannelEntry): readonly Uint8Array[] {
  const head = joinFields([
    ['csvName', escapeHtml(formatText(entry.name))],
    ['packageName', formatText(channel.package)],
    ['channelName', escapeHtml(formatText(channel.name))],
  ]).slice(0, -1);
  const range = continueFields([['skipRange', escapeNull(formatFilled(entry.skipRange))]]);
  const tail = continueFields([
    ['replaces', escapeNull(formatFilled(entry.replaces))],
    ['skips', escapeNull(formatFilledList(entry.skips.map(formatText)))],
    ['deprecation', parts.deprecation],
  ]);
  return [
    Buffer.from(head),
    ...parts.middle,
    Buffer.from(range),
    parts.lists,
    Buffer.from(`${tail}}`),
  ];
}

// The fields of an object that has some before.
function continueFields(fields: readonly (readonly [string, string | null])[]): string {
  return fields.map(([name, text]) => (text === null ? '' : `,"${name}":${text}`)).join('');
}

function escapeNull(text: string | null): string | null {
  return text === null ? null : escapeHtml(text);
}

function formatApis(properties: readonly BundleProperty[], type: string): string | null {
  const apis = properties.filter((property) => property.type === type);
  return escapeNull(formatFilledList(apis.map(({ value }) => formatApi(value ?? null))));
}

function formatApi(value: JsonValue): string {
  return joinFields(
    (['group', 'version', 'kind'] as const).map((name) => [
      name,
      formatFilled(textOf(value, name)),
    ]),
  );
}

function textOf(value: JsonValue, name: string): string {
  const field = isJsonObject(value) ? foldedField(value, name) : undefined;
  return typeof field === 'string' ? field : '';
}

function formatProperty({ type, value }: BundleProperty): readonly string[] {
  if (type === 'olm.bundle.object' || type === 'olm.csv.metadata') return [];
  return [formatTyped(type, formatFree(value ?? null))];
}

function formatDependency({ type, value }: BundleProperty): readonly string[] {
  if (type === 'olm.gvk.required') return [formatTyped('olm.gvk', formatFree(value ?? null))];
  if (type !== 'olm.package.required') return [];
  const version = textOf(value ?? null, 'versionRange');
  const required = joinFields([
    ['packageName', formatText(textOf(value ?? null, 'packageName'))],
    ['version', formatText(version)],
  ]);
  return [formatTyped('olm.package', required)];
}

function formatTyped(type: string, value: string): string {
  const fields = [
    ['type', formatFilled(type)],
    ['value', formatFilled(value)],
  ] as const;
  return escapeHtml(joinFields(fields));
}
