import { Buffer } from 'node:buffer';

/** A plain key that was read before: found again without making its text. */
export interface KnownKey {
  readonly hash: number;
  readonly codes: Uint16Array;
  readonly key: string;
}

/**
 * What the reader keeps from one document to the next of the same stream, to save time: known
 * keys by a hash of their code units, and room for the code units of a document.
 */
export interface Workspace {
  readonly keys: (KnownKey | undefined)[];
  codes: Uint16Array<ArrayBuffer>;
}

/** A power of two; the keys of a whole file of Kubernetes manifests are fewer. */
export const KEY_SLOTS = 1_024;

export function createWorkspace(): Workspace {
  return {
    keys: Array<KnownKey | undefined>(KEY_SLOTS).fill(undefined),
    codes: new Uint16Array(0),
  };
}

/**
 * Where the reader of regular YAML stands in a document.
 *
 * Between two entries `at` is the first character of the next line with content and `indent` its
 * column; at the end of the document `indent` is -1.
 */
export interface Cursor {
  /** Ends with a line feed. */
  readonly text: string;
  /** The code units of `text` and a 0: reading them costs half of what `charCodeAt` does. */
  readonly codes: Uint16Array;
  readonly end: number;
  readonly keys: (KnownKey | undefined)[];
  at: number;
  indent: number;
  depth: number;
  /** What `skipBreaks` passed. */
  breaks: number;
  lineStart: number;
}

export const NEWLINE = 0x0a;
export const SPACE = 0x20;
const TAB = 0x09;
export const HASH = 0x23;
export const COLON = 0x3a;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const QUOTE = 0x22;
export const APOSTROPHE = 0x27;
export const BACKSLASH = 0x5c;

export function openCursor(source: string, workspace: Workspace): Cursor {
  const text = source.endsWith('\n') ? source : `${source}\n`;
  const end = text.length;
  if (workspace.codes.length <= end) workspace.codes = new Uint16Array(end + 1);
  const { codes, keys } = workspace;
  const bytes = Buffer.from(codes.buffer);
  bytes.write(text, 'utf16le');
  // Where the machine's numbers begin with the high byte.
  if (codes[0] !== text.charCodeAt(0)) bytes.swap16();
  codes[end] = 0;
  return { text, codes, end, keys, at: 0, indent: -1, depth: 0, breaks: 0, lineStart: 0 };
}

/**
 * Goes to the next line with content at or after the start of a line; false where a comment
 * holds a character that no YAML may hold.
 */
export function seekLine(cursor: Cursor, lineStart: number): boolean {
  const { codes, end } = cursor;
  let start = lineStart;
  while (start < end) {
    let at = start;
    while (codes[at] === SPACE) at += 1;
    const code = codes[at];
    if (code !== NEWLINE && code !== HASH) {
      cursor.at = at;
      cursor.indent = at - start;
      return true;
    }
    if (code === HASH) at = skipComment(codes, at);
    if (at === -1) return false;
    start = at + 1;
  }
  cursor.at = end;
  cursor.indent = -1;
  return true;
}

/** Goes to the next line with content from behind a value; false where more follows the value. */
export function endLine(cursor: Cursor, from: number): boolean {
  const newline = findLineEnd(cursor.codes, from);
  return newline !== -1 && seekLine(cursor, newline + 1);
}

/** The line feed behind spaces and a comment; -1 where something else follows. */
export function findLineEnd(codes: Uint16Array, from: number): number {
  let at = from;
  while (codes[at] === SPACE) at += 1;
  if (codes[at] === NEWLINE) return at;
  return codes[at] === HASH && at > from ? skipComment(codes, at) : -1;
}

// -1 where it holds an odd character.
function skipComment(codes: Uint16Array, from: number): number {
  let at = from;
  let code = codes[at] ?? 0;
  while (code !== NEWLINE) {
    if (isOdd(code)) return -1;
    at += 1;
    code = codes[at] ?? 0;
  }
  return at;
}

/**
 * From a line feed inside a scalar: passes blank lines and the indentation of the line after them.
 * Gives the place of its first character, or the end of the text; -1 where a tab stands there.
 */
export function skipBreaks(cursor: Cursor, newline: number): number {
  const { codes } = cursor;
  let at = newline;
  let breaks = 0;
  while (codes[at] === NEWLINE) {
    breaks += 1;
    at += 1;
    cursor.lineStart = at;
    while (codes[at] === SPACE) at += 1;
  }
  cursor.breaks = breaks;
  return codes[at] === TAB ? -1 : at;
}

/** What a fold of so many line breaks stands for. */
export function foldBreaks(breaks: number): string {
  return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
}

/** The end of a stretch without the white space before it. */
export function trimEnd(codes: Uint16Array, start: number, end: number): number {
  let at = end;
  while (at > start && (codes[at - 1] ?? 0) <= SPACE) at -= 1;
  return at;
}

/** A control character other than the tab and the line feed, or no character at all. */
export function isOdd(code: number): boolean {
  if (code < SPACE) return code !== TAB && code !== NEWLINE;
  return code >= 0x7f && (code < 0xa0 || code >= 0xfffe);
}
