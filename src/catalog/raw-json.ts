import type { JsonObject, JsonValue } from './types.ts';

/** A number kept by its text, as `JSON.rawJSON` makes it; `JSON.stringify` prints the text. */
export interface RawNumber {
  readonly rawJSON: string;
}

declare global {
  // TypeScript's es2023 library does not know these yet; Node has them since 21.
  interface JSON {
    rawJSON(text: string): JsonValue;
    isRawJSON(value: unknown): boolean;
  }
}

/** The number with this text, without loss of digits, sign or form. */
export function rawNumber(text: string): JsonValue {
  return JSON.rawJSON(text);
}

export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === 'object' && value !== null && JSON.isRawJSON(value);
}

/** Whether `JSON.stringify(JSON.parse(text))` gives the number's text back to the letter. */
export function isFaithfulNumber(text: string): boolean {
  return text !== '-0' && String(Number(text)) === text;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
  );
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** An object of these entries; a later entry wins, `__proto__` is data. */
export function objectOf(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  return Object.fromEntries(entries);
}

/** The own property, or undefined; never one that is inherited. */
export function ownField(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Deep equality of JSON: key order does not count, numbers are compared by their text. */
export function jsonEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isRawNumber(a) || isRawNumber(b)) return JSON.stringify(a) === JSON.stringify(b);
  if (isJsonArray(a)) return isJsonArray(b) && equalLists(a, b);
  return isJsonObject(a) && isJsonObject(b) && equalObjects(a, b);
}

function equalLists(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  return a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
}

function equalObjects(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]));
}
