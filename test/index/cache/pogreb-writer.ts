// Writes what opm keeps in a pogreb.v1 cache, of the files of a json cache: for tests of the reader.
import { crc32 } from 'node:zlib';
import { textField } from '../../../src/catalog/blob-fields.ts';
import type { CatalogFile, JsonValue } from '../../../src/catalog/types.ts';

export interface StoreRecord {
  readonly key: string;
  /** Null for the record of a deletion. */
  readonly value: Uint8Array | null;
}

/** A segment of a database. */
export function renderSegment(records: readonly StoreRecord[]): Buffer {
  const header = Buffer.alloc(512);
  header.write('pogreb\u000e\u00fd', 'latin1');
  header.writeUInt32LE(2, 8);
  return Buffer.concat([header, ...records.map(renderRecord)]);
}

function renderRecord({ key, value }: StoreRecord): Buffer {
  const sizes = Buffer.alloc(6);
  sizes.writeUInt16LE(Buffer.byteLength(key), 0);
  sizes.writeUInt32LE(value === null ? 0x8000_0000 : value.length, 2);
  const body = Buffer.concat([sizes, Buffer.from(key), value ?? Buffer.alloc(0)]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(body));
  return Buffer.concat([body, sum]);
}

/** The records of a catalog whose json cache has these files. */
export function listStoreRecords(files: readonly CatalogFile[]): readonly StoreRecord[] {
  const metas = new Map<string, Uint8Array[]>();
  const records: StoreRecord[] = [];
  for (const { path, bytes } of files) {
    if (path === 'packages.json') records.push({ key: path, value: bytes });
    else if (path.startsWith('metas/')) addMeta(metas, bytes);
    else records.push(bundleRecord(JSON.parse(Buffer.from(bytes).toString())));
  }
  const custom = [...metas].map(([key, parts]) => ({ key, value: Buffer.concat(parts) }));
  return [...records, ...custom];
}

interface Api {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
}

interface Typed {
  readonly type?: string;
  readonly value?: string;
}

interface ServedBundle {
  readonly csvName: string;
  readonly packageName: string;
  readonly channelName: string;
  readonly csvJson?: string;
  readonly object?: readonly string[];
  readonly bundlePath?: string;
  readonly providedApis?: readonly Api[];
  readonly requiredApis?: readonly Api[];
  readonly version?: string;
  readonly skipRange?: string;
  readonly dependencies?: readonly Typed[];
  readonly properties?: readonly Typed[];
  readonly replaces?: string;
  readonly skips?: readonly string[];
  readonly deprecation?: { readonly message: string };
}

function bundleRecord(bundle: ServedBundle): StoreRecord {
  const { csvName, packageName, channelName } = bundle;
  const value = Buffer.concat([
    ...[csvName, packageName, channelName, bundle.csvJson].map((text, i) => textBytes(i + 1, text)),
    ...(bundle.object ?? []).map((text) => textBytes(5, text)),
    textBytes(6, bundle.bundlePath),
    ...(bundle.providedApis ?? []).map((api) => field(7, apiMessage(api))),
    ...(bundle.requiredApis ?? []).map((api) => field(8, apiMessage(api))),
    textBytes(9, bundle.version),
    textBytes(10, bundle.skipRange),
    ...(bundle.dependencies ?? []).map((item) => field(11, typedMessage(item))),
    ...(bundle.properties ?? []).map((item) => field(12, typedMessage(item))),
    textBytes(13, bundle.replaces),
    ...(bundle.skips ?? []).map((text) => textBytes(14, text)),
    ...(bundle.deprecation === undefined
      ? []
      : [field(15, textBytes(1, bundle.deprecation.message))]),
  ]);
  return { key: `bundles/${packageName}/${channelName}/${csvName}`, value };
}

function apiMessage({ group, version, kind }: Api): Buffer {
  return Buffer.concat([textBytes(1, group), textBytes(2, version), textBytes(3, kind)]);
}

function typedMessage({ type, value }: Typed): Buffer {
  return Buffer.concat([textBytes(1, type), textBytes(2, value)]);
}

function addMeta(metas: Map<string, Uint8Array[]>, bytes: Uint8Array): void {
  const value: Record<string, JsonValue> = JSON.parse(Buffer.from(bytes).toString());
  const key = `metas/${textField(value, 'schema')}/${textField(value, 'package')}`;
  const message = structMessage(value);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(message.length);
  metas.set(key, [...(metas.get(key) ?? []), size, message]);
}

function structMessage(value: Readonly<Record<string, JsonValue>>): Buffer {
  const keys = Object.keys(value).toSorted();
  return Buffer.concat(
    keys.map((key) =>
      field(
        1,
        Buffer.concat([field(1, Buffer.from(key)), field(2, valueMessage(value[key] ?? null))]),
      ),
    ),
  );
}

function valueMessage(value: JsonValue): Buffer {
  if (value === null) return Buffer.from([1 << 3, 0]);
  if (typeof value === 'string') return field(3, Buffer.from(value));
  if (typeof value === 'boolean') return Buffer.from([4 << 3, Number(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes[0] = (2 << 3) | 1;
    bytes.writeDoubleLE(value, 1);
    return bytes;
  }
  if (Array.isArray(value))
    return field(6, Buffer.concat(value.map((item: JsonValue) => field(1, valueMessage(item)))));
  return field(5, structMessage(Object.fromEntries(Object.entries(value))));
}

function textBytes(number: number, text: string | undefined): Buffer {
  return text === undefined || text === '' ? Buffer.alloc(0) : field(number, Buffer.from(text));
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
