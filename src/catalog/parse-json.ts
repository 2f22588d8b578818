// V8 may give a key with an escape as another key: the one before it whose letters are those of the
// escaped text (https://github.com/nodejs/node/issues/63785; Node 24 and 26). Such a wrong key holds
// a backslash, so it is told by that, and its text is parsed again with no escape left in any key.
import { inspectValue } from './inspect-value.ts';
import { isFaithfulNumber, isJsonArray, isJsonObject, objectOf, rawNumber } from './raw-json.ts';
import type { JsonValue } from './types.ts';

/**
 * Nesting beyond this is refused, so that walking content never exhausts the stack; Go stops at
 * 10,000, real catalogs at a few dozen.
 */
export const MAX_DEPTH = 1_000;

/** As `JSON.parse`, with the right keys at least as deep as `MAX_DEPTH`. */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return inspectValue(value, MAX_DEPTH).hasBackslashKey ? parseEscapedKeys(text) : value;
}

/** As `parseJson`; numbers that a double cannot give back are kept by their text. */
export function parseJsonKeepingNumbers(text: string): JsonValue {
  return parseEscapedKeys(text, reviveNumber);
}

type NumberReviver = (
  key: string,
  value: unknown,
  context: { readonly source?: string },
) => unknown;

declare global {
  // TypeScript's es2023 library does not know it yet; Node has it since 21.
  interface JSON {
    parse(text: string, reviver: NumberReviver | undefined): JsonValue;
  }
}

function reviveNumber(
  _key: string,
  value: unknown,
  context: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  return isFaithfulNumber(context.source) ? value : rawNumber(context.source);
}

/** As `JSON.parse`, whatever escapes the keys have. */
export function parseEscapedKeys(text: string, reviver?: NumberReviver): JsonValue {
  const masked = maskKeys(text);
  return masked === null ? JSON.parse(text, reviver) : unmask(JSON.parse(masked, reviver), 0);
}

// What a key may not hold while it is parsed, nor what stands for it.
const MASKS: ReadonlyMap<string, string> = new Map([
  ['\\', '\uE000b'],
  ['"', '\uE000q'],
  ['\uE000', '\uE000m'],
]);
const MASKED: ReadonlyMap<string, string> = new Map([...MASKS].map(([char, mask]) => [mask, char]));

function maskKey(key: string): string {
  return key.replaceAll(/[\\"\uE000]/g, (char) => MASKS.get(char) ?? char);
}

function unmaskKey(key: string): string {
  if (!key.includes('\uE000')) return key;
  const escaped = key.replaceAll(/\uE000[bqm]/g, (mask) => MASKED.get(mask) ?? mask);
  const name: unknown = JSON.parse(`"${escaped}"`);
  return String(name);
}

/** The text without escapes in its keys; null where there are none. */
function maskKeys(text: string): string | null {
  const parts: string[] = [];
  let done = 0;
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', start)) {
    const end = findStringEnd(text, start + 1);
    const key = text.slice(start + 1, end);
    if (/[\\\uE000]/.test(key) && isFollowedByColon(text, end + 1)) {
      parts.push(text.slice(done, start + 1), maskKey(key));
      done = end;
    }
    start = end + 1;
  }
  return parts.length === 0 ? null : parts.join('') + text.slice(done);
}

/** Where the quote stands that ends a string; the length of the text where none does. */
function findStringEnd(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let back = quote;
    while (back > from && text[back - 1] === '\\') back -= 1;
    if ((quote - back) % 2 === 0) return quote;
  }
  return text.length;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (' \n\r\t'.includes(text[at] ?? ':')) at += 1;
  return text[at] === ':';
}

function unmask(value: JsonValue, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return value;
  if (isJsonArray(value)) return value.map((item) => unmask(item, depth + 1));
  if (!isJsonObject(value)) return value;
  return objectOf(
    Object.keys(value).map((key) => [unmaskKey(key), unmask(value[key] ?? null, depth + 1)]),
  );
}
