import {
  COLON,
  type Cursor,
  DASH,
  DOT,
  HASH,
  isOdd,
  KEY_SLOTS,
  NEWLINE,
  SPACE,
} from './regular-yaml-cursor.ts';
import { startsPlain } from './regular-yaml-scalar.ts';
import { isReservedKey, resolvePlain } from './yaml-schema.ts';

/** Whether a plain key with its colon stands at `from`, if something plain does. */
export function hasPlainKey(codes: Uint16Array, from: number): boolean {
  let at = from;
  for (;;) {
    const code = codes[at] ?? 0;
    if (code === NEWLINE) return false;
    if (code === COLON && (codes[at + 1] ?? 0) <= SPACE) return true;
    at += 1;
  }
}

/** Reads a plain key and its colon; undefined where that is not regular. */
export function readPlainKey(cursor: Cursor): string | undefined {
  const { codes, at: start } = cursor;
  let hash = 0;
  let at = start;
  for (;;) {
    const code = codes[at] ?? 0;
    if (code === NEWLINE) return undefined;
    if (code === COLON && (codes[at + 1] ?? 0) <= SPACE) break;
    hash = (Math.imul(hash, 31) + code) | 0;
    at += 1;
  }
  cursor.at = at + 1;
  const slot = (hash ^ (hash >>> 10)) & (KEY_SLOTS - 1);
  const known = cursor.keys[slot];
  if (known !== undefined && known.hash === hash && standsAt(known.codes, codes, start))
    return known.key;
  const key = resolveKey(cursor, start, at);
  if (key !== undefined) cursor.keys[slot] = { hash, codes: codes.slice(start, at), key };
  return key;
}

// A known key that is shorter than the one in the text must not pass for it: the colon decides.
function standsAt(known: Uint16Array, codes: Uint16Array, start: number): boolean {
  for (let i = 0; i < known.length; i += 1) if (known[i] !== codes[start + i]) return false;
  const end = start + known.length;
  return codes[end] === COLON && (codes[end + 1] ?? 0) <= SPACE;
}

function resolveKey(cursor: Cursor, start: number, end: number): string | undefined {
  const { codes } = cursor;
  if (!startsPlain(codes, start) || startsLikeMarker(codes, start)) return undefined;
  for (let at = start; at < end; at += 1) {
    const code = codes[at] ?? 0;
    if (isOdd(code) || (code === HASH && (codes[at - 1] ?? 0) <= SPACE)) return undefined;
  }
  if (start === end || (codes[end - 1] ?? 0) <= SPACE) return undefined;
  return keyOf(resolvePlain(cursor.text.slice(start, end)));
}

// The marks of a document's start and end, at column 0, and what looks like them elsewhere.
function startsLikeMarker(codes: Uint16Array, start: number): boolean {
  return codes[start] === DASH || (codes[start] === DOT && codes[start + 1] === DOT);
}

function keyOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '<<' && !isReservedKey(value) ? value : undefined;
}
