import { oncePer } from '../../base/once-per.ts';
import { compareBytes } from '../../base/text.ts';
import { foldedField } from '../blob-fields.ts';
import { type FieldRule, normalizeFree } from '../field-rules.ts';
import { escapeSeparators, formatCanonicalJson } from '../format-json.ts';
import { isJsonArray, isJsonObject, isRawNumber } from '../raw-json.ts';
import type { JsonObject, JsonValue } from '../types.ts';

/** A field that is written already; null where it is left out. */
export type WrittenField = readonly [name: string, text: string | null];

/** The text of an object of these fields, in their order. */
export function joinFields(fields: Iterable<WrittenField>): string {
  let text = '';
  for (const [name, value] of fields)
    if (value !== null) text += `${text === '' ? '{' : ','}"${name}":${value}`;
  return text === '' ? '{}' : `${text}}`;
}

/** The fields of an object that has some before. */
export function continueFields(fields: readonly WrittenField[]): string {
  return fields.map(([name, text]) => (text === null ? '' : `,"${name}":${text}`)).join('');
}

/** A text as JSON; what is no Unicode becomes U+FFFD, as Go has it. */
export function formatText(text: string): string {
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed());
}

/** As `formatText`; null for an empty text, which Go's `omitempty` leaves out. */
export function formatFilled(text: string): string | null {
  return text === '' ? null : formatText(text);
}

/** A list of values that are written already; null for none. */
export function formatFilledList(items: readonly string[]): string | null {
  return items.length === 0 ? null : `[${items.join(',')}]`;
}

/** Any value as opm keeps it: compact, keys sorted, numbers as doubles. */
export function formatFree(value: JsonValue): string {
  const normal = normalizeFree(value);
  // Numbers that were kept by their text are no longer told from others, nor is the sign of zero.
  const json = normal === value ? formatCanonicalJson(value) : formatSorted(value, formatDouble);
  return escapeSeparators(json);
}

/** Any value, compact, keys sorted; `formatNumber` gets the numbers that are kept by their text. */
export function formatSorted(value: JsonValue, formatNumber: (source: string) => string): string {
  if (isRawNumber(value)) return formatNumber(value.rawJSON);
  if (typeof value === 'string') return formatText(value);
  if (isJsonArray(value))
    return `[${value.map((item) => formatSorted(item, formatNumber)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).toSorted(compareBytes);
  const fields = keys.map(
    (key) => `${formatText(key)}:${formatSorted(value[key] ?? null, formatNumber)}`,
  );
  return `{${fields.join(',')}}`;
}

/** A number as Go prints the double that it is read into. */
export function formatDouble(source: string): string {
  const number = Number(source);
  return Object.is(number, -0) ? '-0' : JSON.stringify(number);
}

/** Go's `json.Marshal` escapes what HTML would take for its own, in every text that it writes. */
export function escapeHtml(json: string): string {
  return UNSAFE.test(json) ? json.replaceAll(ALL_UNSAFE, escapeUnit) : json;
}

const UNSAFE = /[<>&\u2028\u2029]/;
const ALL_UNSAFE = /[<>&\u2028\u2029]/g;

function escapeUnit(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The text that Go's encoder makes of a struct with these fields, before HTML is escaped. */
function formatFields(value: JsonObject, rules: readonly FieldRule[]): string {
  const names = namesOf(rules);
  const plain = Object.keys(value).every((key) => names.has(key));
  let text = '';
  for (const rule of rules) {
    const field = plain ? value[rule.name] : foldedField(value, rule.name);
    const written = formatField(field, rule);
    if (written !== null) text += `${text === '' ? '{' : ','}"${rule.name}":${written}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

const namesOf: (rules: readonly FieldRule[]) => ReadonlySet<string> = oncePer(
  (rules) => new Set(rules.map((rule) => rule.name)),
);

/** The text of one field; null where Go leaves it out. */
export function formatField(value: JsonValue | undefined, rule: FieldRule): string | null {
  if (rule.raw === true) return value === undefined ? null : formatFree(value);
  if (rule.below !== null) return formatBelow(value ?? null, rule, rule.below);
  if (value === undefined || value === null) return formatEmpty(rule);
  if (rule.omitEmpty && isEmpty(value, rule)) return null;
  return formatPlain(value);
}

function formatBelow(
  value: JsonValue,
  rule: FieldRule,
  below: readonly FieldRule[],
): string | null {
  if (isJsonArray(value)) {
    if (value.length === 0 && rule.omitEmpty) return null;
    return `[${value.map((item) => formatFields(objectOr(item), below)).join(',')}]`;
  }
  const isStruct = isJsonObject(rule.empty);
  return isJsonObject(value) || isStruct ? formatFields(objectOr(value), below) : formatEmpty(rule);
}

const NO_FIELDS: JsonObject = {};

function objectOr(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : NO_FIELDS;
}

function formatEmpty(rule: FieldRule): string | null {
  return rule.omitEmpty ? null : JSON.stringify(rule.empty);
}

function isEmpty(value: JsonValue, rule: FieldRule): boolean {
  if (isJsonArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === rule.empty;
}

// Lists and maps hold texts here, and a null among them is an empty one.
function formatPlain(value: JsonValue): string {
  if (typeof value === 'string') return formatText(value);
  if (isJsonArray(value)) return `[${value.map((item) => formatPlain(item ?? '')).join(',')}]`;
  if (isRawNumber(value)) return String(Number(value.rawJSON));
  if (!isJsonObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).toSorted(compareBytes);
  const fields = keys.map((key) => `${formatText(key)}:${formatPlain(value[key] ?? '')}`);
  return `{${fields.join(',')}}`;
}
