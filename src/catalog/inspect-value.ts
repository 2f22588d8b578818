import { isJsonArray } from './raw-json.ts';
import type { JsonValue } from './types.ts';

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

/**
 * Looks through a value as `JSON.parse` gives it, no deeper than `limit`, so that the stack lasts
 * whatever it holds.
 */
export function inspectValue(value: JsonValue, limit: number): ValueTraits {
  const found: Found = { limit, depth: 0, hasNumbers: false, hasBackslashKey: false };
  visit(value, 1, found);
  return found;
}

// Every value of every catalog comes by here: neither numbers by their text, which have no place in
// such a value, nor lists of keys cost anything.
function visit(value: JsonValue, depth: number, found: Found): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'number') found.hasNumbers = true;
    return;
  }
  if (depth > found.depth) found.depth = depth;
  if (depth > found.limit) return;
  if (isJsonArray(value)) {
    for (const item of value) visit(item, depth + 1, found);
    return;
  }
  for (const key in value) {
    if (key.includes('\\')) found.hasBackslashKey = true;
    visit(value[key] ?? null, depth + 1, found);
  }
}
