/** A stretch of bytes that looks like one JSON object, found by its braces. */
export interface JsonSlice {
  readonly end: number;
  /** False where the braces never close. */
  readonly closed: boolean;
  /** Some number in it has a text that a double would not give back. */
  readonly oddNumbers: boolean;
  readonly depth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Finds the end of the object of concatenated JSON that starts at `from`, by braces and strings
 * alone: the parser judges its content.
 */
export function scanJsonObject(bytes: Uint8Array, from: number): JsonSlice {
  let depth = 0;
  let deepest = 0;
  let oddNumbers = false;
  let at = from;
  do {
    const byte = bytes[at] ?? 0;
    const end = skipToken(bytes, at, byte);
    oddNumbers ||= end - at > 1 ? byte !== QUOTE && isOddNumber(bytes, at, end) : false;
    depth += DEPTH_STEPS[byte] ?? 0;
    if (depth > deepest) deepest = depth;
    at = end;
  } while (depth > 0 && at < bytes.length);
  return { end: at, closed: depth === 0, oddNumbers, depth: deepest };
}

/** What each byte does to the nesting. */
const DEPTH_STEPS = new Int8Array(256);
DEPTH_STEPS[0x7b] = 1;
DEPTH_STEPS[0x5b] = 1;
DEPTH_STEPS[0x7d] = -1;
DEPTH_STEPS[0x5d] = -1;

function skipToken(bytes: Uint8Array, at: number, byte: number): number {
  if (byte === QUOTE) return skipString(bytes, at + 1);
  return byte === MINUS || (byte >= ZERO && byte <= NINE) ? skipNumber(bytes, at) : at + 1;
}

function skipString(bytes: Uint8Array, from: number): number {
  // Most strings are short: a loop beats a call of indexOf until it has gone some way.
  const near = Math.min(bytes.length, from + 64);
  for (let at = from; at < near; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) return skipEscapes(bytes, at);
  }
  return skipEscapes(bytes, near);
}

function skipEscapes(bytes: Uint8Array, from: number): number {
  let quote = bytes.indexOf(QUOTE, from);
  while (quote !== -1) {
    let back = quote - 1;
    while (back >= from && bytes[back] === BACKSLASH) back -= 1;
    if ((quote - 1 - back) % 2 === 0) return quote + 1;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return bytes.length;
}

function skipNumber(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && isNumberByte(bytes[at] ?? 0)) at += 1;
  return at;
}

function isNumberByte(byte: number): boolean {
  if (byte >= ZERO && byte <= NINE) return true;
  return byte === 0x2e || byte === 0x65 || byte === 0x45 || byte === 0x2b || byte === MINUS;
}

function isOddNumber(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 15) return true;
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  for (let at = first; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return true;
  }
  return isNegative && bytes[first] === ZERO;
}

/** The next position that is no JSON white space. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== NEWLINE && byte !== 0x09 && byte !== 0x0d) break;
  }
  return at;
}
