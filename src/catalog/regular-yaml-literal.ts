import {
  type Cursor,
  DASH,
  findLineEnd,
  foldBreaks,
  isOdd,
  NEWLINE,
  SPACE,
  seekLine,
} from './regular-yaml-cursor.ts';

const FOLDED = 0x3e;
const PLUS = 0x2b;
const ZERO = 0x30;

interface Header {
  readonly folded: boolean;
  /** "+", "-" or 0 for none. */
  readonly chomping: number;
  /** Written width of the indentation; 0 for none. */
  readonly width: number;
  /** The line feed behind it. */
  readonly end: number;
}

/**
 * Reads a literal or folded scalar inside something indented by `parentIndent` and goes to the
 * next line with content; undefined where it is not regular.
 */
export function readLiteral(cursor: Cursor, parentIndent: number): string | undefined {
  const header = readHeader(cursor);
  if (header === undefined) return undefined;
  const body = findBody(cursor, header, parentIndent);
  if (body === undefined || !seekLine(cursor, body.next)) return undefined;
  return textOf(cursor.text, body, header);
}

function readHeader(cursor: Cursor): Header | undefined {
  const { codes } = cursor;
  let chomping = 0;
  let width = 0;
  let at = cursor.at + 1;
  for (; at < cursor.at + 3; at += 1) {
    const code = codes[at] ?? 0;
    if (chomping === 0 && (code === PLUS || code === DASH)) chomping = code;
    else if (width === 0 && code > ZERO && code <= ZERO + 9) width = code - ZERO;
    else break;
  }
  const end = findLineEnd(codes, at);
  return end === -1 ? undefined : { folded: codes[cursor.at] === FOLDED, chomping, width, end };
}

/** Where the content of a scalar stands. */
interface Body {
  /** Width of the indentation, which is no content. */
  readonly indent: number;
  /** First character of the first line with content, behind its indentation. */
  readonly start: number;
  /** The line feed of the last line with content; -1 where there is none. */
  readonly end: number;
  /** Blank lines before the content. */
  readonly before: number;
  /** Blank lines after it. */
  readonly after: number;
  /** Every blank line is empty or indented in full. */
  readonly even: boolean;
  /** Start of the first line behind the scalar. */
  readonly next: number;
}

function findBody(cursor: Cursor, header: Header, parentIndent: number): Body | undefined {
  const { codes } = cursor;
  const width = header.width === 0 ? codes.length : parentIndent + header.width;
  let indent = header.width === 0 ? parentIndent + 1 : width;
  let before = 0;
  let lineStart = header.end + 1;
  let at = skipIndent(codes, lineStart, width);
  while (codes[at] === NEWLINE) {
    before += 1;
    // Blank lines indent the content too, even where it then stands left of them and is none.
    indent = Math.max(indent, at - lineStart);
    lineStart = at + 1;
    at = skipIndent(codes, lineStart, width);
  }
  if (at - lineStart < indent)
    return { indent, start: at, end: -1, before, after: 0, even: true, next: lineStart };
  return findEnd(codes, { indent: at - lineStart, start: at, before });
}

type Opening = Pick<Body, 'indent' | 'start' | 'before'>;

function findEnd(codes: Uint16Array, opening: Opening): Body | undefined {
  const { indent } = opening;
  let even = true;
  let at = opening.start;
  for (;;) {
    const end = findLineFeed(codes, at);
    if (end === -1) return undefined;
    let after = 0;
    let lineStart = end + 1;
    at = skipIndent(codes, lineStart, indent);
    while (codes[at] === NEWLINE) {
      after += 1;
      even &&= at === lineStart || at === lineStart + indent;
      lineStart = at + 1;
      at = skipIndent(codes, lineStart, indent);
    }
    if (at - lineStart < indent) return { ...opening, end, after, even, next: lineStart };
  }
}

function skipIndent(codes: Uint16Array, lineStart: number, width: number): number {
  const limit = lineStart + width;
  let at = lineStart;
  while (at < limit && codes[at] === SPACE) at += 1;
  return at;
}

function findLineFeed(codes: Uint16Array, from: number): number {
  let at = from;
  for (;;) {
    const code = codes[at] ?? 0;
    if (code < SPACE || code >= 0x7f) {
      if (code === NEWLINE) return at;
      if (isOdd(code)) return -1;
    }
    at += 1;
  }
}

function textOf(text: string, body: Body, header: Header): string {
  const { before, after } = body;
  const hasContent = body.end !== -1;
  const content = hasContent ? contentOf(text, body, header.folded) : '';
  if (header.chomping === DASH) return content;
  if (header.chomping === PLUS) return content + '\n'.repeat(hasContent ? 1 + after : before);
  return hasContent ? `${content}\n` : '';
}

/** For each width of an indentation; V8 replaces such plain patterns in one native pass. */
const INDENTED_LINES = Array.from(
  { length: 48 },
  (_, width) => new RegExp(`\n${' '.repeat(width)}`, 'g'),
);

function contentOf(text: string, body: Body, folded: boolean): string {
  const { indent, before } = body;
  const raw = text.slice(body.start, body.end);
  const pattern = INDENTED_LINES[indent];
  if (!folded && body.even && pattern !== undefined)
    return '\n'.repeat(before) + raw.replace(pattern, '\n');
  const [first = '', ...others] = raw.split('\n');
  const lines = [first, ...others.map((line) => stripIndent(line, indent))];
  return '\n'.repeat(before) + (folded ? foldLines(lines) : lines.join('\n'));
}

function stripIndent(line: string, width: number): string {
  let at = 0;
  while (at < width && line.charCodeAt(at) === SPACE) at += 1;
  return line.slice(at);
}

// Line breaks around lines that start with white space stay.
function foldLines(lines: readonly string[]): string {
  let text = '';
  let blank = 0;
  let wasSpaced = false;
  for (const [index, line] of lines.entries()) {
    if (line === '') {
      blank += 1;
      continue;
    }
    const isSpaced = line.startsWith(' ') || line.startsWith('\t');
    if (index > 0) text += isSpaced || wasSpaced ? '\n'.repeat(blank + 1) : foldBreaks(blank + 1);
    text += line;
    blank = 0;
    wasSpaced = isSpaced;
  }
  return text;
}
