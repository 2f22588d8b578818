import { Buffer, constants } from 'node:buffer';
import { type BlobText, decodeText, type TextPlace } from './blob-text.ts';
import { inspectValue } from './inspect-value.ts';
import { MAX_DEPTH, parseEscapedKeys, parseJsonKeepingNumbers } from './parse-json.ts';
import { scanJsonObject } from './scan-json.ts';
import type { JsonValue } from './types.ts';

export type JsonObjectOutcome =
  /** The text of an object that was read before. */
  | { readonly kind: 'known'; readonly end: number }
  | { readonly kind: 'value'; readonly value: JsonValue; readonly text: BlobText }
  /** `end` is where the object seems to end; null where its braces never close. */
  | { readonly kind: 'fault'; readonly fault: JsonObjectFault; readonly end: number | null };

export type JsonObjectFault = 'no-object' | 'syntax' | 'too-deep' | 'too-long';

/** Reads the objects of one stream of concatenated JSON. */
export interface JsonReader {
  /** The object that starts at a position past white space. */
  read(this: void, from: number): JsonObjectOutcome;
}

/** Whether a text is known to be one object, so that nobody needs to read it again. */
export type IsKnownText = (text: TextPlace) => boolean;

export function createJsonReader(bytes: Uint8Array, isKnown: IsKnownText): JsonReader {
  let guesses = true;
  function readGuessed(start: number): JsonObjectOutcome | null {
    const end = guessEnd(bytes, start);
    if (end === null) return null;
    return isKnown({ bytes, start, end })
      ? { kind: 'known', end }
      : parseText({ bytes, start, end });
  }
  function read(from: number): JsonObjectOutcome {
    if (bytes[from] !== OPEN_BRACE) return { kind: 'fault', fault: 'no-object', end: null };
    const guessed = guesses ? readGuessed(from) : null;
    // What parses as one object is the first object there: nothing shorter could have been one.
    if (guessed !== null) return guessed;
    guesses = false;
    const slice = scanJsonObject(bytes, from);
    if (!slice.closed) return { kind: 'fault', fault: judgeOpen(bytes.length - from), end: null };
    if (slice.depth > MAX_DEPTH) return { kind: 'fault', fault: 'too-deep', end: slice.end };
    return (
      parseText({ bytes, start: from, end: slice.end }) ?? {
        kind: 'fault',
        fault: 'syntax',
        end: slice.end,
      }
    );
  }
  return { read };
}

function judgeOpen(length: number): JsonObjectFault {
  return length > constants.MAX_STRING_LENGTH ? 'too-long' : 'syntax';
}

const OPEN_BRACE = 0x7b;
const NEWLINE = 0x0a;

/** Where the object ends if it is printed over lines from the margin, or on one line. */
function guessEnd(bytes: Uint8Array, from: number): number | null {
  const next = bytes[from + 1];
  if (next !== NEWLINE && !(next === 0x0d && bytes[from + 2] === NEWLINE)) {
    const newline = bytes.indexOf(NEWLINE, from);
    return newline === -1 ? bytes.length : newline;
  }
  const end = findAtMargin(bytes, from);
  return end === -1 ? null : end + 2;
}

function findAtMargin(bytes: Uint8Array, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\n}', from, 'latin1');
}

/** Null where this text is not JSON. */
function parseText(place: TextPlace): JsonObjectOutcome | null {
  const { end } = place;
  if (end - place.start > constants.MAX_STRING_LENGTH)
    return { kind: 'fault', fault: 'too-long', end };
  const source = decodeText(place);
  const value = tryParse(source);
  if (value === undefined) return null;
  const traits = inspectValue(value, MAX_DEPTH);
  if (traits.depth > MAX_DEPTH) return { kind: 'fault', fault: 'too-deep', end };
  const oddNumbers = traits.hasNumbers && scanJsonObject(place.bytes, place.start).oddNumbers;
  return {
    kind: 'value',
    value: reread(source, value, { oddNumbers, ...traits }),
    text: { ...place, oddNumbers },
  };
}

function reread(
  source: string,
  value: JsonValue,
  {
    oddNumbers,
    hasBackslashKey,
  }: { readonly oddNumbers: boolean; readonly hasBackslashKey: boolean },
): JsonValue {
  if (oddNumbers) return parseJsonKeepingNumbers(source);
  return hasBackslashKey ? parseEscapedKeys(source) : value;
}

function tryParse(source: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(source);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
