import { type OncePer, oncePer } from '../base/once-per.ts';
import { tryParseVersion, type Version } from '../base/semver.ts';
import { foldKey } from './canonical-fields.ts';
import { isJsonArray, isJsonObject, ownField } from './raw-json.ts';
import type { Blob, CatalogPackage, JsonObject, JsonValue } from './types.ts';

/** One entry of a channel; what is absent or of a wrong type is empty. */
export interface ChannelEntry {
  readonly name: string;
  readonly replaces: string;
  readonly skips: readonly string[];
  readonly skipRange: string;
}

export interface BundleProperty {
  readonly type: string;
  /** Undefined where the property has no value. */
  readonly value: JsonValue | undefined;
}

/** Version and release of a bundle as its `olm.package` property says; empty where there is none. */
export interface BundleVersion {
  readonly packageName: string;
  readonly version: string;
  readonly release: string;
}

export interface BundleFacts {
  /** Of the first `olm.package` property. */
  readonly version: BundleVersion;
  /** Number of `olm.package` properties. */
  readonly versions: number;
  /** Number of `olm.bundle.object` properties. */
  readonly manifests: number;
  /** Number of `olm.csv.metadata` properties. */
  readonly metadata: number;
  /** Empty where the bundle has none. */
  readonly image: string;
  /** In their order, empty ones included. */
  readonly relatedImages: readonly string[];
}

export interface DeprecationEntry {
  readonly schema: string;
  readonly name: string;
  readonly message: string;
}

/** The text in a field, or empty where there is none. */
export function textField(value: JsonValue | undefined, key: string): string {
  const field = isJsonObject(value) ? ownField(value, key) : undefined;
  return typeof field === 'string' ? field : '';
}

export function listField(value: JsonObject, key: string): readonly JsonValue[] {
  const field = ownField(value, key);
  return isJsonArray(field) ? field : [];
}

/** A field by Go's rules: the exact name first, then any spelling. */
export function foldedField(value: JsonObject, key: string): JsonValue | undefined {
  if (Object.hasOwn(value, key)) return value[key];
  const folded = foldKey(key);
  const name = Object.keys(value).find((candidate) => foldKey(candidate) === folded);
  return name === undefined ? undefined : value[name];
}

export const readEntries: OncePer<Blob, readonly ChannelEntry[]> = oncePer((channel) =>
  listField(channel.value, 'entries').map(readEntry),
);

export function readEntry(entry: JsonValue): ChannelEntry {
  const skips = isJsonObject(entry) ? listField(entry, 'skips') : [];
  return {
    name: textField(entry, 'name'),
    replaces: textField(entry, 'replaces'),
    skips: skips.map((skip) => (typeof skip === 'string' ? skip : '')),
    skipRange: textField(entry, 'skipRange'),
  };
}

export function readProperties(bundle: Blob): readonly BundleProperty[] {
  return listField(bundle.value, 'properties').map((property) => ({
    type: textField(property, 'type'),
    value: propertyValue(property),
  }));
}

function propertyValue(property: JsonValue): JsonValue | undefined {
  return isJsonObject(property) ? ownField(property, 'value') : undefined;
}

/** What is asked of a bundle again and again; it is read once. */
export const readBundleFacts: OncePer<Blob, BundleFacts> = oncePer(({ value }) => {
  const counts = { 'olm.package': 0, 'olm.bundle.object': 0, 'olm.csv.metadata': 0 };
  let own: JsonValue | undefined;
  for (const property of listField(value, 'properties')) {
    const type = textField(property, 'type');
    if (!isCounted(type, counts)) continue;
    if (type === 'olm.package' && counts[type] === 0) own = propertyValue(property);
    counts[type] += 1;
  }
  return {
    version: readPackageProperty(own),
    versions: counts['olm.package'],
    manifests: counts['olm.bundle.object'],
    metadata: counts['olm.csv.metadata'],
    image: textField(value, 'image'),
    relatedImages: listField(value, 'relatedImages').map((item) => textField(item, 'image')),
  };
});

function isCounted<T extends object>(type: string, counts: T): type is keyof T & string {
  return Object.hasOwn(counts, type);
}

export function readBundleVersion(bundle: Blob): BundleVersion {
  return readBundleFacts(bundle).version;
}

function readPackageProperty(value: JsonValue | undefined): BundleVersion {
  return {
    packageName: foldedText(value, 'packageName'),
    version: foldedText(value, 'version'),
    release: foldedText(value, 'release'),
  };
}

function foldedText(value: JsonValue | undefined, key: string): string {
  const found = isJsonObject(value) ? foldedField(value, key) : undefined;
  return typeof found === 'string' ? found : '';
}

/** Version text of each bundle of a package, by bundle name: what two bundles may not share. */
export function formatBundleVersion(version: BundleVersion): string {
  return version.release === '' ? version.version : `${version.version}-${version.release}`;
}

export const readDeprecations: OncePer<Blob, readonly DeprecationEntry[]> = oncePer((blob) =>
  listField(blob.value, 'entries').map(readDeprecation),
);

export function readDeprecation(entry: JsonValue): DeprecationEntry {
  const reference = isJsonObject(entry) ? ownField(entry, 'reference') : undefined;
  return {
    schema: textField(reference, 'schema'),
    name: textField(reference, 'name'),
    message: textField(entry, 'message'),
  };
}

/** Default channel of a package; empty where it has none. */
export function readDefaultChannel({ packages: [head] }: CatalogPackage): string {
  return head === undefined ? '' : readBlobDefault(head);
}

/** What an `olm.package` blob calls the default channel; empty where it names none. */
export const readBlobDefault: OncePer<Blob, string> = oncePer(({ value }) =>
  textField(value, 'defaultChannel'),
);

/** Parsed version of every bundle that has a sound one, by bundle name. */
export function readVersions(pkg: CatalogPackage): ReadonlyMap<string, Version> {
  const versions = new Map<string, Version>();
  for (const bundle of pkg.bundles) {
    const version = tryParseVersion(readBundleVersion(bundle).version);
    if (version !== null) versions.set(bundle.name, version);
  }
  return versions;
}
