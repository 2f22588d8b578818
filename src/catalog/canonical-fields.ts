import { isJsonArray, isJsonObject, objectOf } from './raw-json.ts';
import type { JsonObject, JsonValue } from './types.ts';

/** The known fields of an object in the order in which opm writes them, with what they hold. */
export interface FieldLayout {
  readonly fields: ReadonlyMap<string, FieldLayout | null>;
  readonly folded: ReadonlySet<string>;
  /** Place of each field, from 0. */
  readonly order: ReadonlyMap<string, number>;
}

function layout(fields: Readonly<Record<string, FieldLayout | null>>): FieldLayout {
  const names = Object.keys(fields);
  return {
    fields: new Map(Object.entries(fields)),
    folded: new Set(names.map(foldKey)),
    order: new Map(names.map((name, index) => [name, index])),
  };
}

const PROPERTY = layout({ type: null, value: null });

/** Field order of the four schemas that opm knows; others have none. */
export const FIELD_LAYOUTS: ReadonlyMap<string, FieldLayout> = new Map([
  [
    'olm.package',
    layout({
      schema: null,
      name: null,
      defaultChannel: null,
      icon: layout({ base64data: null, mediatype: null }),
      description: null,
      properties: PROPERTY,
    }),
  ],
  [
    'olm.channel',
    layout({
      schema: null,
      name: null,
      package: null,
      entries: layout({ name: null, replaces: null, skips: null, skipRange: null }),
      properties: PROPERTY,
    }),
  ],
  [
    'olm.bundle',
    layout({
      schema: null,
      name: null,
      package: null,
      image: null,
      properties: PROPERTY,
      relatedImages: layout({ name: null, image: null }),
    }),
  ],
  [
    'olm.deprecations',
    layout({
      schema: null,
      package: null,
      entries: layout({ reference: layout({ schema: null, name: null }), message: null }),
    }),
  ],
]);

/** Folds a key as Go's decoder compares them: without case, long s and Kelvin sign included. */
export function foldKey(key: string): string {
  return key.toLowerCase().replaceAll('\u017f', 's');
}

/**
 * The value with known fields under their own names: opm reads `Image` as `image`. The exact name
 * wins where both stand; the other is then kept as an unknown field. Returns the identical object
 * where nothing had to change.
 */
export function canonicalizeFields(value: JsonObject, schema: string): JsonObject {
  const known = FIELD_LAYOUTS.get(schema);
  if (known === undefined || isCanonical(value, known)) return value;
  const canonical = canonicalizeObject(value, known);
  if (canonical !== value) RESPELLED.add(canonical);
  return canonical;
}

/** Whether `canonicalizeFields` made this value of another. */
export function isRespelled(value: JsonObject): boolean {
  return RESPELLED.has(value);
}

const RESPELLED = new WeakSet<JsonObject>();

// Nearly everything is canonical, and finding that out must not copy it.
function isCanonical(value: JsonValue, known: FieldLayout): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (isJsonArray(value)) {
    for (const item of value) if (!isCanonical(item, known)) return false;
    return true;
  }
  if (!isJsonObject(value)) return true;
  for (const key of Object.keys(value))
    if (!isCanonicalField(key, value[key] ?? null, known)) return false;
  return true;
}

function isCanonicalField(key: string, value: JsonValue, known: FieldLayout): boolean {
  const below = known.fields.get(key);
  if (below === undefined) return !known.folded.has(foldKey(key));
  return below === null || isCanonical(value, below);
}

function canonicalizeObject(value: JsonObject, known: FieldLayout): JsonObject {
  let changed = false;
  const entries: [string, JsonValue][] = [];
  for (const key of Object.keys(value)) {
    const name = known.fields.has(key) ? key : nameOf(key, value, known);
    const before = value[key] ?? null;
    const after = canonicalizeValue(before, known.fields.get(name) ?? null);
    changed ||= name !== key || after !== before;
    entries.push([name, after]);
  }
  return changed ? objectOf(entries) : value;
}

function canonicalizeValue(value: JsonValue, known: FieldLayout | null): JsonValue {
  if (known === null) return value;
  if (isJsonObject(value)) return canonicalizeObject(value, known);
  if (!isJsonArray(value)) return value;
  const list = value.map((item) => (isJsonObject(item) ? canonicalizeObject(item, known) : item));
  return list.some((item, index) => item !== value[index]) ? list : value;
}

function nameOf(key: string, value: JsonObject, known: FieldLayout): string {
  const folded = foldKey(key);
  for (const name of known.fields.keys()) {
    if (foldKey(name) === folded && !Object.hasOwn(value, name)) return name;
  }
  return key;
}
