import { foldedField } from './blob-fields.ts';
import { isJsonArray, isJsonObject, isRawNumber, objectOf } from './raw-json.ts';
import type { JsonObject, JsonValue } from './types.ts';

/** How one field of a Go struct comes out of opm. */
export interface FieldRule {
  readonly name: string;
  /** Left out when empty; otherwise written with `empty` when absent. */
  readonly omitEmpty: boolean;
  readonly empty: JsonValue;
  readonly below: readonly FieldRule[] | null;
  /** Any JSON, which Go keeps as its text: nothing but absence is empty. */
  readonly raw?: true;
}

export function text(name: string): FieldRule {
  return { name, omitEmpty: false, empty: '', below: null };
}

export function list(name: string, below: readonly FieldRule[] | null): FieldRule {
  return { name, omitEmpty: false, empty: null, below };
}

export function omitted(rule: FieldRule): FieldRule {
  return { ...rule, omitEmpty: true };
}

/** The fields that the rules name, in their order; anything else is dropped, as Go's decoder does. */
export function normalizeFields(value: JsonObject, rules: readonly FieldRule[]): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const rule of rules) {
    const field = normalizeField(foldedField(value, rule.name) ?? null, rule);
    if (!(rule.omitEmpty && isEmpty(field, rule))) entries.push([rule.name, field]);
  }
  return objectOf(entries);
}

function normalizeField(value: JsonValue, rule: FieldRule): JsonValue {
  if (value === null && !(rule.below !== null && isJsonObject(rule.empty))) return rule.empty;
  if (rule.below === null)
    return rule.name === 'base64data' && typeof value === 'string'
      ? value.replaceAll(/[\r\n]/g, '')
      : normalizeFree(value);
  const { below } = rule;
  if (isJsonArray(value))
    return value.map((item) => normalizeFields(isJsonObject(item) ? item : {}, below));
  return normalizeFields(isJsonObject(value) ? value : {}, below);
}

function isEmpty(value: JsonValue, rule: FieldRule): boolean {
  return value === rule.empty || value === '' || (isJsonArray(value) && value.length === 0);
}

/** Any value: the identical one where nothing has to change, which is nearly always. */
export function normalizeFree(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.isWellFormed() ? value : replaceLoneSurrogates(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isRawNumber(value)) return normalizeNumber(value.rawJSON);
  if (isJsonArray(value)) return normalizeItems(value);
  return isJsonObject(value) ? normalizeMapping(value) : value;
}

function normalizeItems(items: readonly JsonValue[]): readonly JsonValue[] {
  return items.every(isNormal) ? items : items.map(normalizeFree);
}

/** An object of any fields: keys kept, numbers as float64, lone surrogates replaced. */
export function normalizeMapping(value: JsonObject): JsonObject {
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
