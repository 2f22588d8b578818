import { compareBytes } from '../base/text.ts';
import { FIELD_LAYOUTS, type FieldLayout } from './canonical-fields.ts';
import { isJsonArray, isJsonObject } from './raw-json.ts';
import type { JsonObject, JsonValue } from './types.ts';

const INDENT = '    ';

/**
 * The object as opm writes it: 4 spaces, known fields in opm's order, then the others and every
 * free-form value by bytes of the key, Go's escapes. Ends without a line feed.
 */
export function formatOpmJson(value: JsonObject, schema: string): string {
  return formatObject(value, FIELD_LAYOUTS.get(schema) ?? null, '\n');
}

/** The value without spaces and with sorted keys: equal content gives equal text. */
export function formatCanonicalJson(value: JsonValue): string {
  if (isJsonArray(value)) return `[${value.map(formatCanonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  let text = '{';
  for (const key of sortedKeys(value)) {
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:${formatCanonicalJson(value[key] ?? null)}`;
  }
  return `${text}}`;
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
  const json = JSON.stringify(text);
  if (!json.includes('\u2028') && !json.includes('\u2029')) return json;
  return json.replaceAll(LINE_SEPARATORS, (char) => (char === '\u2028' ? '\\u2028' : '\\u2029'));
}
