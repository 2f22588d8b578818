import { Buffer } from 'node:buffer';
import { foldKey } from './canonical-fields.ts';
import { isJsonObject } from './raw-json.ts';
import type { JsonValue } from './types.ts';

/** The key by which the value of an `olm.bundle.object` holds its manifest; Go takes any spelling. */
export function findDataKey(value: JsonValue | undefined): string | null {
  if (!isJsonObject(value)) return null;
  const keys = Object.keys(value).filter((key) => foldKey(key) === 'data');
  const key = keys.includes('data') ? 'data' : keys[0];
  return key !== undefined && typeof value[key] === 'string' ? key : null;
}

/**
 * The text of a manifest, a character for each byte. Null where it is not JSON as opm writes it, so that an image
 * reference may be spelled otherwise than it reads.
 */
export function decodePlain(data: string): string | null {
  const text = Buffer.from(data, 'base64').toString('latin1');
  return /^\s*\{/.test(text) && !ESCAPED.test(text) ? text : null;
}

export function encodePlain(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

// Escapes of characters that references are made of.
const ESCAPED = /\\(?:\/|u00(?:2[def]|3[0-9a]|[4-7]))/i;
