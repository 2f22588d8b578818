import {
  APOSTROPHE,
  BACKSLASH,
  type Cursor,
  DASH,
  DOT,
  foldBreaks,
  isOdd,
  NEWLINE,
  QUOTE,
  skipBreaks,
  trimEnd,
} from './regular-yaml-cursor.ts';

/**
 * Reads a quoted scalar and stops behind its closing quote; undefined where it is not regular.
 * Its lines may be indented less than what it stands in, as opm allows.
 */
export function readQuoted(cursor: Cursor): string | undefined {
  const { codes, at: open } = cursor;
  const quote = codes[open] ?? 0;
  let at = open + 1;
  for (;;) {
    const code = codes[at] ?? 0;
    if (code === quote || code === NEWLINE || code === BACKSLASH) break;
    if (isOdd(code)) return undefined;
    at += 1;
  }
  if (!closes(codes, at, quote)) return readPieces(cursor, at);
  cursor.at = at + 1;
  return cursor.text.slice(open + 1, at);
}

function closes(codes: Uint16Array, at: number, quote: number): boolean {
  return codes[at] === quote && (quote === QUOTE || codes[at + 1] !== APOSTROPHE);
}

// From the first character that does not stand for itself.
function readPieces(cursor: Cursor, special: number): string | undefined {
  const { codes, text } = cursor;
  const quote = codes[cursor.at] ?? 0;
  const escape = quote === QUOTE ? BACKSLASH : APOSTROPHE;
  let result = '';
  let start = cursor.at + 1;
  let at = special;
  while (!closes(codes, at, quote)) {
    const code = codes[at] ?? 0;
    if (code === NEWLINE || code === escape) {
      const piece = readSpecial(cursor, start, at);
      if (piece === undefined) return undefined;
      result += piece;
      start = cursor.at;
      at = start;
    } else {
      if (isOdd(code)) return undefined;
      at += 1;
    }
  }
  cursor.at = at + 1;
  return result + text.slice(start, at);
}

/** The text from `start` to a fold or an escape and what that stands for; goes on behind it. */
function readSpecial(cursor: Cursor, start: number, at: number): string | undefined {
  const { codes, text } = cursor;
  if (codes[at] === APOSTROPHE) {
    cursor.at = at + 2;
    return text.slice(start, at + 1);
  }
  if (codes[at] === NEWLINE)
    return skipFold(cursor, at)
      ? text.slice(start, trimEnd(codes, start, at)) + foldBreaks(cursor.breaks)
      : undefined;
  if (codes[at + 1] === NEWLINE)
    return skipFold(cursor, at + 1) ? text.slice(start, at) : undefined;
  const character = readEscape(cursor, at + 1);
  return character === undefined ? undefined : text.slice(start, at) + character;
}

function skipFold(cursor: Cursor, newline: number): boolean {
  const next = skipBreaks(cursor, newline);
  cursor.at = next;
  return next !== -1 && !(next === cursor.lineStart && isMarker(cursor.codes, next));
}

function isMarker(codes: Uint16Array, at: number): boolean {
  const code = codes[at];
  return (code === DASH || code === DOT) && codes[at + 1] === code && codes[at + 2] === code;
}

const ESCAPES: ReadonlyMap<number, string> = new Map(
  Object.entries({
    '0': '\0',
    a: '\u0007',
    b: '\b',
    t: '\t',
    '\t': '\t',
    n: '\n',
    v: '\v',
    f: '\f',
    r: '\r',
    e: '\u001b',
    ' ': ' ',
    '"': '"',
    '/': '/',
    '\\': '\\',
    N: '\u0085',
    _: '\u00a0',
    L: '\u2028',
    P: '\u2029',
  }).map(([name, character]) => [name.charCodeAt(0), character]),
);

const HEX_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x78, 2],
  [0x75, 4],
  [0x55, 8],
]);

// Behind the backslash.
function readEscape(cursor: Cursor, at: number): string | undefined {
  const code = cursor.codes[at] ?? 0;
  const simple = ESCAPES.get(code);
  const digits = HEX_LENGTHS.get(code) ?? 0;
  cursor.at = at + 1 + digits;
  if (simple !== undefined || digits === 0) return simple;
  const hex = cursor.text.slice(at + 1, cursor.at);
  if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) return undefined;
  const point = Number.parseInt(hex, 16);
  return point > 0x10ffff ? undefined : String.fromCodePoint(point);
}
