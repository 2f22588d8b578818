import { shorten } from '../base/text.ts';
import { foldKey } from './canonical-fields.ts';
import { isJsonArray, isJsonObject, isRawNumber } from './raw-json.ts';
import type { JsonObject, JsonValue } from './types.ts';

/** What Go's decoder accepts for one field; null is accepted everywhere. */
export type Shape =
  | { readonly kind: 'text' | 'truth' | 'integer' | 'base64' | 'any' }
  | { readonly kind: 'list'; readonly item: Shape }
  | { readonly kind: 'texts' }
  | {
      readonly kind: 'fields';
      readonly fields: ReadonlyMap<string, Shape>;
      readonly folded: ReadonlyMap<string, Shape>;
    };

/** Where a value has the wrong shape, as a path such as `entries[0].skips`, and what was expected. */
export interface ShapeFault {
  readonly path: string;
  readonly expected: string;
}

export const TEXT: Shape = { kind: 'text' };
export const TRUTH: Shape = { kind: 'truth' };
export const INTEGER: Shape = { kind: 'integer' };
export const BASE64: Shape = { kind: 'base64' };
export const ANY: Shape = { kind: 'any' };
/** A mapping of texts to texts. */
export const TEXTS: Shape = { kind: 'texts' };

export function listOf(item: Shape): Shape {
  return { kind: 'list', item };
}

export function fieldsOf(fields: Readonly<Record<string, Shape>>): Shape {
  const named = new Map(Object.entries(fields));
  return {
    kind: 'fields',
    fields: named,
    folded: new Map([...named].map(([key, shape]) => [foldKey(key), shape])),
  };
}

/** The first fault of a value against a shape; fields that the shape does not name are not looked at. */
export function findShapeFault(value: JsonValue, shape: Shape, path = ''): ShapeFault | null {
  return fitsShape(value, shape) ? null : locateFault(value, shape, path);
}

// Told without paths and their texts, which nearly no value needs.
function fitsShape(value: JsonValue, shape: Shape): boolean {
  if (value === null) return true;
  if (shape.kind === 'text') return typeof value === 'string';
  if (shape.kind === 'list') return isJsonArray(value) && fitsItems(value, shape.item);
  if (shape.kind === 'fields') return isJsonObject(value) && fitsFields(value, shape);
  if (shape.kind === 'texts') return locateFault(value, shape, '') === null;
  return SCALARS[shape.kind].accepts(value);
}

function fitsItems(items: readonly JsonValue[], shape: Shape): boolean {
  for (const item of items) if (!fitsShape(item, shape)) return false;
  return true;
}

function fitsFields(value: JsonObject, shape: Shape & { readonly kind: 'fields' }): boolean {
  // Not Object.keys, which makes a list of them: what was parsed inherits none.
  for (const key in value) {
    const field = shape.fields.get(key) ?? shape.folded.get(foldKey(key));
    if (field !== undefined && !fitsShape(value[key] ?? null, field)) return false;
  }
  return true;
}

function locateFault(value: JsonValue, shape: Shape, path: string): ShapeFault | null {
  if (value === null) return null;
  if (shape.kind === 'list')
    return isJsonArray(value)
      ? findItemFault(value, shape.item, path)
      : { path, expected: 'a list' };
  if (shape.kind === 'fields')
    return isJsonObject(value)
      ? findFieldFault(value, shape, path)
      : { path, expected: 'a mapping' };
  if (shape.kind === 'texts')
    return isJsonObject(value)
      ? findTextsFault(value, path)
      : { path, expected: 'a mapping of texts' };
  const rule = SCALARS[shape.kind];
  return rule.accepts(value) ? null : { path, expected: rule.expected };
}

interface ScalarRule {
  readonly expected: string;
  readonly accepts: (value: JsonValue) => boolean;
}

const SCALARS: Readonly<Record<'text' | 'truth' | 'integer' | 'base64' | 'any', ScalarRule>> = {
  any: { expected: 'anything', accepts: () => true },
  text: { expected: 'a text', accepts: (value) => typeof value === 'string' },
  truth: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  integer: { expected: 'a whole number', accepts: isInteger },
  base64: {
    expected: 'base64 text with padding',
    accepts: (value) => typeof value === 'string' && isBase64(value),
  },
};

// No group is repeated: that would exhaust the stack on a long text.
const BASE64_TEXT = /^[A-Za-z0-9+/]*={0,2}$/;

/** Standard, padded base64; line breaks in it are tolerated, as by Go. */
function isBase64(text: string): boolean {
  const plain = text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\r\n]/g, '') : text;
  return plain.length % 4 === 0 && BASE64_TEXT.test(plain);
}

// opm decodes numbers from what a double holds: 1.0 is 1, and from 1e21 on Go prints an exponent.
function isInteger(value: JsonValue): boolean {
  const number = isRawNumber(value) ? Number(value.rawJSON) : value;
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) < 2 ** 63;
}

function findItemFault(list: readonly JsonValue[], item: Shape, path: string): ShapeFault | null {
  for (const [index, value] of list.entries()) {
    const fault = locateFault(value, item, `${path}[${index}]`);
    if (fault !== null) return fault;
  }
  return null;
}

function findTextsFault(value: JsonObject, path: string): ShapeFault | null {
  const wrong = Object.keys(value).find(
    (key) => value[key] !== null && typeof value[key] !== 'string',
  );
  return wrong === undefined ? null : { path: joinPath(path, wrong), expected: 'a text' };
}

function findFieldFault(
  value: JsonObject,
  shape: Shape & { readonly kind: 'fields' },
  path: string,
): ShapeFault | null {
  for (const key of Object.keys(value)) {
    const field = shape.fields.get(key) ?? shape.folded.get(foldKey(key));
    const fault =
      field === undefined ? null : locateFault(value[key] ?? null, field, joinPath(path, key));
    if (fault !== null) return fault;
  }
  return null;
}

function joinPath(path: string, key: string): string {
  return path === '' ? shorten(key) : `${path}.${shorten(key)}`;
}
