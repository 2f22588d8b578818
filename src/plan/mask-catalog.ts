import { Buffer } from 'node:buffer';
import { joinCatalog } from '../catalog/build-catalog.ts';
import { findDataKey } from '../catalog/manifest-text.ts';
import { parseCatalogFile } from '../catalog/parse-catalog.ts';
import { isJsonArray, isJsonObject, jsonEqual, objectOf } from '../catalog/raw-json.ts';
import type { Blob, Catalog, CatalogPackage, JsonObject, JsonValue } from '../catalog/types.ts';
import type { CarriedCatalog } from './media-types.ts';
import { PSEUDONYM, type Pseudonyms } from './pseudonyms.ts';

type Hide = Pick<Pseudonyms, 'hide' | 'hideHosts'>;
type CarriedFile = CarriedCatalog['files'][number];

/**
 * The file without hosts, and without names of the site in what people read: descriptions, manifests (those in base64 too), comments.
 * What a merge goes by (packages, channels, bundles, images, requirements) keeps its names. A file with something to hide becomes JSON.
 */
export function maskCatalogFile(file: CarriedFile, hider: Hide): CarriedFile {
  const path = hider.hideHosts(file.path);
  const { blobs, problems } = parseCatalogFile({ ...file, bytes: Buffer.from(file.text) });
  if (problems.length > 0) return { path, text: hider.hide(file.text) };
  const values = blobs.map(({ value, schema }) => ({
    value,
    masked: maskBlob(value, schema, hider),
  }));
  const isClean =
    hider.hide(file.text) === file.text && values.every(({ value, masked }) => value === masked);
  if (isClean) return { path, text: file.text };
  const separator = /\.ya?ml$/.test(path) ? '---\n' : '';
  return {
    path,
    text: values.map(({ masked }) => `${separator}${JSON.stringify(masked)}\n`).join(''),
  };
}

// By these, and by properties of these types, merges and need know what is what.
const NAMING = new Set(['schema', 'name', 'package', 'defaultChannel', 'image', 'relatedImages']);
const NAMING_PROPERTIES =
  /^olm\.(?:package|gvk|package\.required|gvk\.required|constraint|maxOpenShiftVersion)$/;

function maskBlob(value: JsonObject, schema: string, hider: Hide): JsonObject {
  return mapFields(value, (key, field) => {
    if (NAMING.has(key)) return mapStrings(field, hider.hideHosts);
    if (key === 'entries') return maskEntries(field, schema, hider);
    if (key !== 'properties' || !isJsonArray(field)) return mapStrings(field, hider.hide);
    return mapList(field, (property) => maskProperty(property, hider));
  });
}

function maskEntries(entries: JsonValue, schema: string, hider: Hide): JsonValue {
  if (schema !== 'olm.deprecations' || !isJsonArray(entries))
    return mapStrings(entries, hider.hideHosts);
  return mapList(entries, (entry) =>
    isJsonObject(entry)
      ? mapFields(entry, (key, field) =>
          mapStrings(field, key === 'message' ? hider.hide : hider.hideHosts),
        )
      : entry,
  );
}

function maskProperty(property: JsonValue, hider: Hide): JsonValue {
  if (!isJsonObject(property)) return mapStrings(property, hider.hide);
  const { type, value } = property;
  if (typeof type === 'string' && NAMING_PROPERTIES.test(type))
    return mapStrings(property, hider.hideHosts);
  const key = findDataKey(value);
  if (key === null || !isJsonObject(value)) return mapStrings(property, hider.hide);
  return mapFields(property, (name, field) =>
    name === 'value' && isJsonObject(field)
      ? mapFields(field, (inner, data) =>
          inner === key && typeof data === 'string' ? maskData(data, hider) : data,
        )
      : field,
  );
}

function maskData(data: string, { hide }: Hide): string {
  const text = decodeText(data);
  if (text === null) return hide(data);
  const masked = hide(text);
  return masked === text ? data : Buffer.from(masked).toString('base64');
}

function decodeText(data: string): string | null {
  const bytes = Buffer.from(data, 'base64');
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : null;
}

/**
 * The catalog of a masked snapshot with the upstream blob in place of each of its own that says the same but for pseudonyms: what upstream
 * says in public is then not taken for another content.
 */
export function recognizeMasked(base: Catalog, source: Catalog): Catalog {
  const packages = [...base.packages.values()].map((pkg) => {
    const other = source.packages.get(pkg.name);
    return other === undefined ? pkg : recognizePackage(pkg, other);
  });
  return joinCatalog(packages, base.loose);
}

function recognizePackage(pkg: CatalogPackage, other: CatalogPackage): CatalogPackage {
  return {
    name: pkg.name,
    packages: recognizeBlobs(pkg.packages, other.packages),
    channels: recognizeBlobs(pkg.channels, other.channels),
    bundles: recognizeBlobs(pkg.bundles, other.bundles),
    deprecations: recognizeBlobs(pkg.deprecations, other.deprecations),
    others: recognizeBlobs(pkg.others, other.others),
  };
}

function recognizeBlobs(blobs: readonly Blob[], others: readonly Blob[]): readonly Blob[] {
  const known = Map.groupBy(others, ({ schema, name }) => `${schema} ${name}`);
  return blobs.map((blob) => {
    const candidates = known.get(`${blob.schema} ${blob.name}`) ?? [];
    if (candidates.length === 0) return blob;
    const masked = unpackData(blob.value);
    if (JSON.stringify(masked).search(PSEUDONYM) === -1) return blob;
    return candidates.find(({ value }) => fitsValue(masked, unpackData(value))) ?? blob;
  });
}

/**
 * Whether a text is another one in which something was masked.
 *
 * @internal
 */
export function fitsMasked(masked: string, plain: string): boolean {
  const [first = '', ...rest] = masked.split(PSEUDONYM);
  if (!plain.startsWith(first)) return false;
  let place = first.length;
  for (const [at, piece] of rest.entries()) {
    const isLast = at === rest.length - 1;
    const next = isLast ? plain.length - piece.length : plain.indexOf(piece, place + 1);
    if (next <= place || !plain.startsWith(piece, next)) return false;
    if (!NAME.test(plain.slice(place, next))) return false;
    place = next + piece.length;
  }
  return rest.length > 0 || place === plain.length;
}

// What hosts and names of objects consist of.
const NAME = /^[A-Za-z0-9._:[\]-]{1,255}$/;

function fitsValue(masked: JsonValue, plain: JsonValue | undefined): boolean {
  if (typeof masked === 'string') return typeof plain === 'string' && fitsMasked(masked, plain);
  if (isJsonArray(masked))
    return (
      isJsonArray(plain) &&
      masked.length === plain.length &&
      masked.every((item, at) => fitsValue(item, plain[at]))
    );
  if (!isJsonObject(masked)) return jsonEqual(masked, plain);
  return isJsonObject(plain) && fitsObject(masked, plain);
}

function fitsObject(masked: JsonObject, plain: JsonObject): boolean {
  const keys = Object.keys(masked);
  const changed = keys.filter((key) => !Object.hasOwn(plain, key));
  const free = Object.keys(plain).filter((key) => !Object.hasOwn(masked, key));
  if (changed.length !== free.length) return false;
  const named = new Map(
    changed.map((key) => [
      key,
      free.find((name) => fitsMasked(key, name) && fitsValue(masked[key] ?? null, plain[name])),
    ]),
  );
  return keys.every((key) => {
    const name = named.has(key) ? named.get(key) : key;
    return name !== undefined && fitsValue(masked[key] ?? null, plain[name]);
  });
}

// Manifests in base64 by their text, since a pseudonym changes all that follows it.
function unpackData(value: JsonObject): JsonValue {
  return mapFields(value, (key, field) =>
    key === 'properties' && isJsonArray(field) ? mapList(field, unpackProperty) : field,
  );
}

function unpackProperty(property: JsonValue): JsonValue {
  if (!isJsonObject(property)) return property;
  return mapFields(property, (_name, field) => {
    const key = findDataKey(field);
    if (key === null || !isJsonObject(field)) return field;
    return mapFields(field, (inner, data) =>
      inner === key && typeof data === 'string' ? (decodeText(data) ?? data) : data,
    );
  });
}

/** The identical value where nothing changes. */
function mapStrings(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === 'string') return change(value);
  if (isJsonArray(value)) return mapList(value, (item) => mapStrings(item, change));
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value);
  const fields = keys.map((key) => [change(key), mapStrings(value[key] ?? null, change)] as const);
  return fields.every(([key, field], at) => key === keys[at] && field === value[key])
    ? value
    : objectOf(fields);
}

function mapList(
  list: readonly JsonValue[],
  change: (item: JsonValue) => JsonValue,
): readonly JsonValue[] {
  const changed = list.map(change);
  return changed.every((item, at) => item === list[at]) ? list : changed;
}

function mapFields(
  value: JsonObject,
  change: (key: string, field: JsonValue) => JsonValue,
): JsonObject {
  const fields = Object.keys(value).map((key) => [key, change(key, value[key] ?? null)] as const);
  return fields.every(([key, field]) => field === value[key]) ? value : objectOf(fields);
}
