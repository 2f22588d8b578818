import {
  APOSTROPHE,
  COLON,
  type Cursor,
  DASH,
  endLine,
  foldBreaks,
  HASH,
  isOdd,
  NEWLINE,
  QUOTE,
  SPACE,
  seekLine,
  skipBreaks,
  trimEnd,
} from './regular-yaml-cursor.ts';
import type { JsonValue } from './types.ts';
import { resolvePlain } from './yaml-schema.ts';

/**
 * Reads a plain scalar inside something indented by `parentIndent` and goes to the next line with
 * content; undefined where that is not regular.
 */
export function readPlain(cursor: Cursor, parentIndent: number): JsonValue | undefined {
  const { codes, at: start } = cursor;
  if (!startsPlain(codes, start)) return undefined;
  const stop = findPlainEnd(codes, start);
  if (stop === -1) return undefined;
  const text = cursor.text.slice(start, trimEnd(codes, start, stop));
  if (codes[stop] === HASH) return endLine(cursor, stop - 1) ? resolvePlain(text) : undefined;
  if (!seekLine(cursor, stop + 1)) return undefined;
  return cursor.indent > parentIndent
    ? readFolded(cursor, { text, stop, parentIndent })
    : resolvePlain(text);
}

const QUESTION = 0x3f;

/** Indicators that no plain scalar starts with. */
const INDICATORS: ReadonlySet<number> = new Set(
  Array.from(',[]{}#&*!|>%@`', (character) => character.charCodeAt(0)).concat(QUOTE, APOSTROPHE),
);

export function startsPlain(codes: Uint16Array, at: number): boolean {
  const code = codes[at] ?? 0;
  // Most scalars start with a letter or a digit, which no indicator is.
  if (code > 0x60 && code < 0x7b) return true;
  if (code === DASH || code === QUESTION) return (codes[at + 1] ?? 0) > SPACE;
  return code > SPACE && !INDICATORS.has(code);
}

/** Whether a character below 0x80 is nothing but itself in the middle of a plain scalar. */
const ORDINARY = Uint8Array.from({ length: 0x80 }, (_, code) =>
  isOdd(code) || code === NEWLINE || code === COLON || code === HASH ? 0 : 1,
);

/** The line feed or the comment that ends this line of the scalar; -1 where it is not regular. */
function findPlainEnd(codes: Uint16Array, start: number): number {
  let at = start;
  for (;;) {
    const code = codes[at] ?? 0;
    if (code >= 0x80 ? isOdd(code) : ORDINARY[code] === 0) {
      if (code === NEWLINE) return at;
      if (code === HASH ? (codes[at - 1] ?? 0) <= SPACE : false) return at;
      if (code === COLON ? (codes[at + 1] ?? 0) <= SPACE : code !== HASH) return -1;
    }
    at += 1;
  }
}

interface FirstLine {
  readonly text: string;
  /** The line feed behind it. */
  readonly stop: number;
  readonly parentIndent: number;
}

// What has several lines is a text: no other scalar has white space in it.
function readFolded(cursor: Cursor, first: FirstLine): string | undefined {
  const { codes } = cursor;
  let { text, stop } = first;
  for (;;) {
    const start = skipBreaks(cursor, stop);
    if (start === -1) return undefined;
    if (start - cursor.lineStart <= first.parentIndent || codes[start] === HASH)
      return seekLine(cursor, cursor.lineStart) ? text : undefined;
    stop = findPlainEnd(codes, start);
    if (stop === -1) return undefined;
    text += foldBreaks(cursor.breaks) + cursor.text.slice(start, trimEnd(codes, start, stop));
    if (codes[stop] === HASH) return endLine(cursor, stop - 1) ? text : undefined;
  }
}
