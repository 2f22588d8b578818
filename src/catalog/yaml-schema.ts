import { Buffer } from 'node:buffer';
import { Schema, Type } from 'js-yaml';
import { quote } from '../base/text.ts';
import { rawNumber } from './raw-json.ts';
import type { JsonValue } from './types.ts';

/** Stands for null until a document is whole, so that a null key can be told from the key "null". */
export const YAML_NULL: object = Object.freeze({
  [Symbol.toStringTag]: 'YamlNull',
  toString: () => NULL_KEY,
});

/** What js-yaml makes of a key that is null; a text that no catalog contains. */
const NULL_KEY = '\u0000null';
/** What js-yaml makes of a key that is a mapping. */
const MAPPING_KEY = '[object Object]';

/** Whether a key cannot be told from one that is null or a mapping, both of which go-yaml refuses. */
export function isReservedKey(key: string): boolean {
  return key === NULL_KEY || key === MAPPING_KEY;
}

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const INTEGER = /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/;
const SMALL_INTEGER = /^(?:0|[1-9][0-9]{0,14})$/;
/** Digits of 64 bits in base 2, with their prefix: the longest that need be computed. */
const LONGEST_INTEGER = 66;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const SPECIAL = new Set([
  '.inf',
  '.Inf',
  '.INF',
  '+.inf',
  '+.Inf',
  '+.INF',
  '-.inf',
  '-.Inf',
  '-.INF',
  '.nan',
  '.NaN',
  '.NAN',
]);

/** YAML 1.1 as go-yaml v2 reads it: yes and on are booleans, dates are strings, 0777 is octal. */
export const GO_YAML_SCHEMA: Schema = new Schema({
  implicit: [
    new Type('tag:yaml.org,2002:null', {
      kind: 'scalar',
      resolve: (text: string | null) => text === null || NULLS.has(text),
      construct: () => YAML_NULL,
      predicate: (value: unknown) => value === null,
      represent: () => 'null',
    }),
    new Type('tag:yaml.org,2002:bool', {
      kind: 'scalar',
      resolve: isBoolean,
      construct: (text: string) => TRUE.has(text),
      predicate: (value: unknown) => typeof value === 'boolean',
      represent: String,
    }),
    new Type('tag:yaml.org,2002:int', {
      kind: 'scalar',
      resolve: isInteger,
      construct: parseInteger,
    }),
    new Type('tag:yaml.org,2002:float', {
      kind: 'scalar',
      resolve: isFloat,
      construct: parseFloatText,
      predicate: (value: unknown) => typeof value === 'number',
      represent: (value: unknown) => JSON.stringify(value),
    }),
    new Type('tag:yaml.org,2002:merge', {
      kind: 'scalar',
      resolve: (text: string | null) => text === '<<',
    }),
  ],
  explicit: [
    new Type('tag:yaml.org,2002:str', {
      kind: 'scalar',
      construct: (text: string | null) => text ?? '',
    }),
    new Type('tag:yaml.org,2002:seq', {
      kind: 'sequence',
      construct: (list: unknown[] | null) => list ?? [],
    }),
    new Type('tag:yaml.org,2002:map', {
      kind: 'mapping',
      construct: (map: object | null) => map ?? {},
    }),
    new Type('tag:yaml.org,2002:binary', {
      kind: 'scalar',
      resolve: isBase64,
      construct: (text: string) => Buffer.from(text, 'base64').toString('utf8'),
    }),
    new Type('tag:yaml.org,2002:timestamp', {
      kind: 'scalar',
      construct: (text: string | null) => text ?? '',
    }),
    ...(['scalar', 'sequence', 'mapping'] as const).map(
      (kind) => new Type('!', { kind, multi: true, construct: (value: unknown) => value ?? '' }),
    ),
  ],
});

const WORDS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ...Array.from(TRUE, (text) => [text, true] as const),
  ...Array.from(FALSE, (text) => [text, false] as const),
  ...Array.from(NULLS, (text) => [text, null] as const),
]);
const LONGEST_WORD = Math.max(...Array.from(WORDS.keys(), (text) => text.length));
const NINE = 0x39;

/**
 * What a plain scalar is by this schema; undefined for a number without a form in JSON. The merge
 * key "<<" is a text here.
 */
export function resolvePlain(text: string): JsonValue | undefined {
  const first = text.charCodeAt(0);
  if (first <= NINE && startsNumber(text)) return resolveNumber(text);
  if (text.length > LONGEST_WORD) return text;
  const word = WORDS.get(text);
  return word === undefined ? text : word;
}

function resolveNumber(text: string): JsonValue | undefined {
  if (SMALL_INTEGER.test(text)) return Number(text);
  if (isInteger(text)) return parseInteger(text);
  return isFloat(text) ? floatOf(text) : text;
}

/** Dates and base 60: texts for opm, but something else for other readers of YAML 1.1. */
const SEEMS_OTHER =
  /^(?:\d{4}-\d{1,2}-\d{1,2}(?:[Tt\s].*)?|[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?|=)$/;

/** For writing: quotes every text that opm, or another reader of YAML 1.1, would not read as one. */
export const PORTABLE_YAML_SCHEMA: Schema = GO_YAML_SCHEMA.extend({
  implicit: [
    new Type('!seems-other', {
      kind: 'scalar',
      resolve: (text: string | null) => text !== null && SEEMS_OTHER.test(text),
    }),
  ],
});

function isBoolean(text: string | null): boolean {
  return text !== null && (TRUE.has(text) || FALSE.has(text));
}

function isInteger(text: string | null): boolean {
  if (text === null || !startsNumber(text)) return false;
  const plain = text.replaceAll('_', '');
  if (!INTEGER.test(plain)) return false;
  if (plain.replace(/^[-+]?0*/, '').length > LONGEST_INTEGER) return false;
  const value = integerOf(plain);
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

function parseInteger(text: string): JsonValue {
  const value = integerOf(text.replaceAll('_', ''));
  return Number.isSafeInteger(Number(value)) ? Number(value) : rawNumber(String(value));
}

function integerOf(plain: string): bigint {
  const negative = plain.startsWith('-');
  const digits = plain.replace(/^[-+]/, '');
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return negative ? -value : value;
}

function isFloat(text: string | null): boolean {
  if (text === null) return false;
  return SPECIAL.has(text) || (startsNumber(text) && FLOAT.test(text.replaceAll('_', '')));
}

function parseFloatText(text: string): JsonValue {
  const value = floatOf(text);
  if (value !== undefined) return value;
  throw new RangeError(
    SPECIAL.has(text)
      ? `${quote(text)} has no form in JSON`
      : `${quote(text)} is too large a number`,
  );
}

function floatOf(text: string): JsonValue | undefined {
  const value = SPECIAL.has(text) ? Number.NaN : Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) return undefined;
  return Object.is(value, -0) ? rawNumber('-0') : value;
}

function startsNumber(text: string): boolean {
  return /^[-+.0-9]/.test(text);
}

function isBase64(text: string | null): boolean {
  return text !== null && /^[A-Za-z0-9+/]*={0,2}$/.test(text.replaceAll(/\s/g, ''));
}
