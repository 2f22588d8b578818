import { isSameText } from './blob-text.ts';
import { formatCanonicalJson } from './format-json.ts';
import { hashBlob } from './hash-catalog.ts';
import { isJsonArray, isJsonObject, jsonEqual, objectOf } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

/** Lists whose order has no meaning, wherever they stand in a typed blob. */
const SETS = new Set(['properties', 'relatedImages', 'entries', 'skips']);

/** Whether two blobs say the same: order of keys and of lists without an order does not count. */
export function isSameContent(a: Blob, b: Blob): boolean {
  if (a === b || isSameText(a, b) || hashBlob(a) === hashBlob(b)) return true;
  if (a.schema !== b.schema || !a.schema.startsWith('olm.')) return false;
  return jsonEqual(sortSets(a.value), sortSets(b.value));
}

/** Whether two lists hold the same items, however ordered. */
export function isSameSet(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return jsonEqual(sortList(a ?? []), sortList(b ?? []));
}

function sortSets(value: JsonObject): JsonObject {
  return objectOf(Object.keys(value).map((key) => [key, sortField(key, value[key] ?? null)]));
}

function sortField(key: string, field: JsonValue): JsonValue {
  if (!SETS.has(key) || !isJsonArray(field)) return field;
  return sortList(
    field.map((item) => (key === 'entries' && isJsonObject(item) ? sortSets(item) : item)),
  );
}

function sortList(list: JsonValue): JsonValue {
  if (!isJsonArray(list)) return list;
  const keyed = list.map((item) => ({ key: formatCanonicalJson(item), item }));
  return keyed.toSorted((a, b) => compareKeys(a.key, b.key)).map(({ item }) => item);
}

function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
