import { compareBytes } from '../base/text.ts';
import { FIELD_LAYOUTS, type FieldLayout } from './canonical-fields.ts';
import { isJsonArray, isJsonObject, objectOf } from './raw-json.ts';
import type { JsonObject, JsonValue } from './types.ts';

const INDENT = '    ';

/**
 * The object as opm writes it: 4 spaces, known fields in opm's order, then the others and every
 * free-form value by bytes of the key, Go's escapes. Ends without a line feed.
 */
export function formatOpmJson(value: JsonObject, schema: string): string {
  const known = FIELD_LAYOUTS.get(schema) ?? null;
  return isOrdered(value, known)
    ? escapeSeparators(JSON.stringify(value, null, INDENT))
    : formatObject(value, known, '\n');
}

/**
 * How many keys a value has, those of inner ones included; null where they are not in the order in which opm writes
 * them. Where some look like indexes, which come first in an object whatever the text, that is not found out.
 */
export function countOrderedKeys(value: JsonObject, schema: string): number | null {
  const count = countKeys(value, FIELD_LAYOUTS.get(schema) ?? null);
  return count === OUT_OF_ORDER ? null : count;
}

// What is in order already, as all that opm wrote, need not be put together key by key.
function isOrdered(value: JsonValue, known: FieldLayout | null): boolean {
  return countKeys(value, known) !== OUT_OF_ORDER;
}

/** More than any value has. */
const OUT_OF_ORDER = Number.POSITIVE_INFINITY;

function countKeys(value: JsonValue, known: FieldLayout | null): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (!isJsonArray(value)) return isJsonObject(value) ? countFields(value, known) : 0;
  let count = 0;
  for (const item of value) count += countKeys(item, known);
  return count;
}

function countFields(value: JsonObject, known: FieldLayout | null): number {
  let count = 0;
  let before: string | null = null;
  for (const key of Object.keys(value)) {
    if (beginsWithDigit(key) || (before !== null && !isAfter(key, before, known)))
      return OUT_OF_ORDER;
    before = key;
    count += 1 + countKeys(value[key] ?? null, known?.fields.get(key) ?? null);
  }
  return count;
}

function beginsWithDigit(text: string): boolean {
  const unit = text.charCodeAt(0);
  return unit >= 0x30 && unit <= 0x39;
}

function isAfter(key: string, before: string, known: FieldLayout | null): boolean {
  if (known === null) return compareBytes(before, key) < 0;
  const { order } = known;
  const ranks = (order.get(key) ?? order.size) - (order.get(before) ?? order.size);
  return ranks === 0 ? compareBytes(before, key) < 0 : ranks > 0;
}

/** The value without spaces and with sorted keys: equal content gives equal text. */
export function formatCanonicalJson(value: JsonValue): string {
  const sorted = sortKeys(value);
  // Keys that look like indexes come first in an object, sorted or not.
  return sorted === value || isSorted(sorted) ? JSON.stringify(sorted) : formatSorted(value);
}

function formatSorted(value: JsonValue): string {
  if (isJsonArray(value)) return `[${value.map(formatSorted).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  let text = '{';
  for (const key of sortedKeys(value)) {
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:${formatSorted(value[key] ?? null)}`;
  }
  return `${text}}`;
}

/** The identical value where it is sorted. */
function sortKeys(value: JsonValue): JsonValue {
  if (isSorted(value)) return value;
  if (isJsonArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  return objectOf(sortedKeys(value).map((key) => [key, sortKeys(value[key] ?? null)]));
}

function isSorted(value: JsonValue): boolean {
  return isOrdered(value, null);
}

function formatValue(value: JsonValue, known: FieldLayout | null, newline: string): string {
  if (isJsonArray(value)) return formatList(value, known, newline);
  return isJsonObject(value) ? formatObject(value, known, newline) : formatScalar(value);
}

function formatList(
  list: readonly JsonValue[],
  known: FieldLayout | null,
  newline: string,
): string {
  if (list.length === 0) return '[]';
  const inner = newline + INDENT;
  let text = '[';
  let separator = inner;
  for (const item of list) {
    text += separator + formatValue(item, known, inner);
    separator = `,${inner}`;
  }
  return `${text}${newline}]`;
}

function formatObject(value: JsonObject, known: FieldLayout | null, newline: string): string {
  const inner = newline + INDENT;
  let text = '{';
  let separator = inner;
  for (const key of orderedKeys(value, known)) {
    const below = known?.fields.get(key) ?? null;
    text += `${separator}${formatString(key)}: ${formatValue(value[key] ?? null, below, inner)}`;
    separator = `,${inner}`;
  }
  return text === '{' ? '{}' : `${text}${newline}}`;
}

/** Known fields in their order, then the others by bytes. */
export function orderedKeys(value: JsonObject, known: FieldLayout | null): readonly string[] {
  if (known === null) return sortedKeys(value);
  const first = [...known.fields.keys()].filter((key) => Object.hasOwn(value, key));
  const others = sortedKeys(value).filter((key) => !known.fields.has(key));
  return [...first, ...others];
}

function sortedKeys(value: JsonObject): readonly string[] {
  const keys = Object.keys(value);
  return keys.length < 2 ? keys : keys.toSorted(compareBytes);
}

function formatScalar(value: JsonValue): string {
  return typeof value === 'string' ? formatString(value) : JSON.stringify(value);
}

const LINE_SEPARATORS = /[\u2028\u2029]/g;

function formatString(text: string): string {
  return escapeSeparators(JSON.stringify(text));
}

/** The text of some JSON with the two line separators escaped, as Go always has them. */
export function escapeSeparators(json: string): string {
  if (!json.includes('\u2028') && !json.includes('\u2029')) return json;
  return json.replaceAll(LINE_SEPARATORS, (char) => (char === '\u2028' ? '\\u2028' : '\\u2029'));
}
