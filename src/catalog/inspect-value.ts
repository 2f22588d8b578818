import { isJsonArray, isJsonObject, isRawNumber } from './raw-json.ts';
import type { JsonObject, JsonValue } from './types.ts';

/** What a parsed value does not show at its top. */
export interface ValueTraits {
  /** Nesting of mappings and lists; beyond the limit it is not counted further. */
  readonly depth: number;
  readonly hasNumbers: boolean;
  readonly hasBackslashKey: boolean;
}

interface Found {
  readonly limit: number;
  depth: number;
  hasNumbers: boolean;
  hasBackslashKey: boolean;
}

/** Looks through a value, no deeper than `limit`, so that the stack lasts whatever it holds. */
export function inspectValue(value: JsonValue, limit: number): ValueTraits {
  const found: Found = { limit, depth: 0, hasNumbers: false, hasBackslashKey: false };
  visit(value, 1, found);
  return found;
}

function visit(value: JsonValue, depth: number, found: Found): void {
  if (typeof value === 'number') found.hasNumbers = true;
  if (typeof value !== 'object' || value === null) return;
  if (isRawNumber(value)) {
    found.hasNumbers = true;
    return;
  }
  if (depth > found.depth) found.depth = depth;
  if (depth > found.limit) return;
  if (isJsonArray(value)) for (const item of value) visit(item, depth + 1, found);
  else if (isJsonObject(value)) visitFields(value, depth, found);
}

function visitFields(value: JsonObject, depth: number, found: Found): void {
  for (const key of Object.keys(value)) {
    if (key.includes('\\')) found.hasBackslashKey = true;
    visit(value[key] ?? null, depth + 1, found);
  }
}
