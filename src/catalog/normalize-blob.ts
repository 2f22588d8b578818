import { compareBytes } from '../base/text.ts';
import { foldKey } from './canonical-fields.ts';
import { isJsonArray, isJsonObject, isRawNumber, objectOf } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

/** How one field of a typed blob comes out of opm. */
interface FieldRule {
  readonly name: string;
  /** Left out when empty; otherwise written with `empty` when absent. */
  readonly omitEmpty: boolean;
  readonly empty: JsonValue;
  readonly below: readonly FieldRule[] | null;
}

function text(name: string): FieldRule {
  return { name, omitEmpty: false, empty: '', below: null };
}

function list(name: string, below: readonly FieldRule[] | null): FieldRule {
  return { name, omitEmpty: false, empty: null, below };
}

function omitted(rule: FieldRule): FieldRule {
  return { ...rule, omitEmpty: true };
}

const PROPERTY = [text('type'), { name: 'value', omitEmpty: false, empty: null, below: null }];
const PROPERTIES = omitted(list('properties', PROPERTY));
const ICON = [{ ...text('base64data'), empty: null }, text('mediatype')];
const ENTRY = [
  text('name'),
  omitted(text('replaces')),
  omitted(list('skips', null)),
  omitted(text('skipRange')),
];
const REFERENCE = [text('schema'), omitted(text('name'))];

const RULES: ReadonlyMap<string, readonly FieldRule[]> = new Map([
  [
    'olm.package',
    [
      text('schema'),
      text('name'),
      text('defaultChannel'),
      { name: 'icon', omitEmpty: true, empty: null, below: ICON },
      omitted(text('description')),
      PROPERTIES,
    ],
  ],
  [
    'olm.channel',
    [text('schema'), text('name'), text('package'), list('entries', ENTRY), PROPERTIES],
  ],
  [
    'olm.bundle',
    [
      text('schema'),
      omitted(text('name')),
      omitted(text('package')),
      text('image'),
      PROPERTIES,
      omitted(list('relatedImages', [text('name'), text('image')])),
    ],
  ],
  [
    'olm.deprecations',
    [
      text('schema'),
      text('package'),
      list('entries', [
        { name: 'reference', omitEmpty: false, empty: {}, below: REFERENCE },
        text('message'),
      ]),
    ],
  ],
]);

/**
 * The content of a blob as it is after a pass through opm: typed fields only, empty ones as Go's `omitempty`
 * has it, numbers as float64. Custom schemas keep all their fields.
 */
export function normalizeBlob(blob: Blob): JsonObject {
  const rules = RULES.get(blob.schema);
  const value =
    rules === undefined ? normalizeMapping(blob.value) : normalizeObject(blob.value, rules);
  return blob.schema === 'olm.bundle' ? reorderBundle(value) : value;
}

// `opm render` sorts related images by address and moves the manifests behind the other properties.
function reorderBundle(value: JsonObject): JsonObject {
  return objectOf(Object.keys(value).map((key) => [key, reorderField(key, value[key] ?? null)]));
}

function reorderField(key: string, value: JsonValue): JsonValue {
  if (!isJsonArray(value)) return value;
  if (key === 'relatedImages')
    return value.toSorted((a, b) => compareBytes(textOf(a, 'image'), textOf(b, 'image')));
  if (key !== 'properties') return value;
  return [...value.filter((property) => !isManifest(property)), ...value.filter(isManifest)];
}

function isManifest(property: JsonValue): boolean {
  const type = textOf(property, 'type');
  return type === 'olm.bundle.object' || type === 'olm.csv.metadata';
}

function textOf(value: JsonValue, key: string): string {
  const field = isJsonObject(value) ? value[key] : undefined;
  return typeof field === 'string' ? field : '';
}

function normalizeObject(value: JsonObject, rules: readonly FieldRule[]): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const rule of rules) {
    const field = normalizeField(fieldOf(value, rule.name), rule);
    if (!(rule.omitEmpty && isEmpty(field, rule))) entries.push([rule.name, field]);
  }
  return objectOf(entries);
}

function fieldOf(value: JsonObject, name: string): JsonValue {
  if (Object.hasOwn(value, name)) return value[name] ?? null;
  const folded = foldKey(name);
  const key = Object.keys(value).find((candidate) => foldKey(candidate) === folded);
  return key === undefined ? null : (value[key] ?? null);
}

function normalizeField(value: JsonValue, rule: FieldRule): JsonValue {
  if (value === null && !(rule.below !== null && isJsonObject(rule.empty))) return rule.empty;
  if (rule.below === null)
    return rule.name === 'base64data' && typeof value === 'string'
      ? value.replaceAll(/[\r\n]/g, '')
      : normalizeFree(value);
  const { below } = rule;
  if (isJsonArray(value))
    return value.map((item) => normalizeObject(isJsonObject(item) ? item : {}, below));
  return normalizeObject(isJsonObject(value) ? value : {}, below);
}

function isEmpty(value: JsonValue, rule: FieldRule): boolean {
  return value === rule.empty || value === '' || (isJsonArray(value) && value.length === 0);
}

/** The identical value where nothing has to change, which is nearly always. */
function normalizeFree(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.isWellFormed() ? value : replaceLoneSurrogates(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isRawNumber(value)) return normalizeNumber(value.rawJSON);
  if (isJsonArray(value)) return normalizeItems(value);
  return isJsonObject(value) ? normalizeMapping(value) : value;
}

function normalizeItems(items: readonly JsonValue[]): readonly JsonValue[] {
  return items.every(isNormal) ? items : items.map(normalizeFree);
}

function normalizeMapping(value: JsonObject): JsonObject {
  const keys = Object.keys(value);
  if (keys.every((key) => key.isWellFormed() && isNormal(value[key] ?? null))) return value;
  return objectOf(
    keys.map((key) => [replaceLoneSurrogates(key), normalizeFree(value[key] ?? null)]),
  );
}

function isNormal(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (isJsonArray(value)) return value.every(isNormal);
  if (!isJsonObject(value)) return false;
  return Object.keys(value).every((key) => key.isWellFormed() && isNormal(value[key] ?? null));
}

// JavaScript prints doubles as Go's encoder does, save the sign of zero, which is no difference in JSON.
function normalizeNumber(source: string): JsonValue {
  const number = Number(source);
  return Number.isFinite(number) ? number : null;
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

function replaceLoneSurrogates(value: string): string {
  return value.replaceAll(LONE_SURROGATE, '\uFFFD');
}
