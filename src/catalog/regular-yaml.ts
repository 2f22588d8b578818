import { isJsonArray, isJsonObject } from './raw-json.ts';
import {
  APOSTROPHE,
  COLON,
  type Cursor,
  createWorkspace,
  DASH,
  endLine,
  HASH,
  NEWLINE,
  openCursor,
  QUOTE,
  SPACE,
  seekLine,
  type Workspace,
} from './regular-yaml-cursor.ts';
import { hasPlainKey, readPlainKey } from './regular-yaml-key.ts';
import { readLiteral } from './regular-yaml-literal.ts';
import { readQuoted } from './regular-yaml-quoted.ts';
import { readPlain } from './regular-yaml-scalar.ts';
import type { JsonValue } from './types.ts';
import { isReservedKey } from './yaml-schema.ts';

/**
 * Reads a document of the regular YAML that Go's tools write: block collections, scalars of every
 * style, comments, empty flow collections. Its value is what js-yaml gives.
 *
 * Undefined for everything else, faults included: it is not judged here. The documents of a
 * stream may share one workspace.
 */
export function parseRegularYaml(
  text: string,
  workspace: Workspace = createWorkspace(),
): JsonValue | undefined {
  if (text === '' || text.startsWith('\uFEFF') || !text.isWellFormed()) return undefined;
  const cursor = openCursor(text, workspace);
  if (!seekLine(cursor, 0) || !skipDocumentStart(cursor)) return undefined;
  const root = readNode(cursor, cursor.indent, cursor.indent - 1);
  if (root === undefined || cursor.indent !== -1) return undefined;
  return isJsonObject(root) || isJsonArray(root) ? root : undefined;
}

/** js-yaml counts differently and stops at 100: what comes near is left to it. */
const MAX_REGULAR_DEPTH = 64;

function skipDocumentStart(cursor: Cursor): boolean {
  const isStart = cursor.indent === 0 && cursor.text.startsWith('---', cursor.at);
  return !isStart || endLine(cursor, cursor.at + 3);
}

// Every reader of a node goes on to the next line with content. One that is indented like no
// collection around it is taken by none of them, and so is left at the end of the document.
function readNode(cursor: Cursor, column: number, parentIndent: number): JsonValue | undefined {
  cursor.depth += 1;
  if (cursor.depth > MAX_REGULAR_DEPTH || cursor.indent === -1) return undefined;
  const value = readAnyNode(cursor, column, parentIndent);
  cursor.depth -= 1;
  return value;
}

function readAnyNode(cursor: Cursor, column: number, parentIndent: number): JsonValue | undefined {
  const { codes, at } = cursor;
  const code = codes[at] ?? 0;
  if (code === DASH && isSequenceItem(codes, at)) return readSequence(cursor, column);
  if (code === QUOTE || code === APOSTROPHE ? hasQuotedKey(cursor) : hasPlainKey(codes, at))
    return readMapping(cursor, column);
  return readScalar(cursor, parentIndent);
}

function isSequenceItem(codes: Uint16Array, at: number): boolean {
  return codes[at] === DASH && (codes[at + 1] ?? 0) <= SPACE;
}

function hasQuotedKey(cursor: Cursor): boolean {
  const { codes, at } = cursor;
  const isKey = readQuoted(cursor) !== undefined && codes[cursor.at] === COLON;
  cursor.at = at;
  return isKey;
}

function readSequence(cursor: Cursor, column: number): JsonValue | undefined {
  const { codes } = cursor;
  const list: JsonValue[] = [];
  do {
    const item = readItem(cursor, column);
    if (item === undefined) return undefined;
    list.push(item);
  } while (cursor.indent === column && isSequenceItem(codes, cursor.at));
  return list;
}

function readItem(cursor: Cursor, column: number): JsonValue | undefined {
  const { codes, at: dash } = cursor;
  let at = dash + 1;
  while (codes[at] === SPACE) at += 1;
  const code = codes[at];
  if (code !== NEWLINE && code !== HASH) {
    cursor.at = at;
    return readNode(cursor, column + at - dash, column);
  }
  if (!endLine(cursor, dash + 1)) return undefined;
  if (cursor.indent > column) return readNode(cursor, cursor.indent, column);
  // js-yaml takes an item left of an empty one for a further item of the same list.
  return cursor.indent === column ? null : undefined;
}

function readMapping(cursor: Cursor, column: number): JsonValue | undefined {
  const fields: Record<string, JsonValue> = {};
  do {
    const key = readKey(cursor);
    const value = key === undefined ? undefined : readValue(cursor, column);
    if (key === undefined || value === undefined) return undefined;
    if (key === '__proto__') Object.defineProperty(fields, key, fieldOf(value));
    else fields[key] = value;
  } while (cursor.indent === column);
  return fields;
}

function fieldOf(value: JsonValue): PropertyDescriptor {
  return { value, configurable: true, enumerable: true, writable: true };
}

function readKey(cursor: Cursor): string | undefined {
  const { codes } = cursor;
  const code = codes[cursor.at];
  if (code !== QUOTE && code !== APOSTROPHE) return readPlainKey(cursor);
  const start = cursor.at;
  const key = readQuoted(cursor);
  const colon = cursor.at;
  if (key === undefined || codes[colon] !== COLON || (codes[colon + 1] ?? 0) > SPACE)
    return undefined;
  if (isReservedKey(key) || cursor.text.slice(start, colon).includes('\n')) return undefined;
  cursor.at = colon + 1;
  return key;
}

// From behind the colon of a key in `column`.
function readValue(cursor: Cursor, column: number): JsonValue | undefined {
  const { codes, at: start } = cursor;
  let at = start;
  while (codes[at] === SPACE) at += 1;
  const code = codes[at];
  if (code !== NEWLINE && code !== HASH) {
    cursor.at = at;
    return readScalar(cursor, column);
  }
  if (!endLine(cursor, start)) return undefined;
  if (cursor.indent > column) return readNode(cursor, cursor.indent, column);
  return cursor.indent === column && isSequenceItem(codes, cursor.at)
    ? readNode(cursor, column, column)
    : null;
}

const PIPE = 0x7c;
const ANGLE = 0x3e;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

function readScalar(cursor: Cursor, parentIndent: number): JsonValue | undefined {
  switch (cursor.codes[cursor.at] ?? 0) {
    case QUOTE:
    case APOSTROPHE: {
      const text = readQuoted(cursor);
      return text !== undefined && endLine(cursor, cursor.at) ? text : undefined;
    }
    case PIPE:
    case ANGLE:
      return readLiteral(cursor, parentIndent);
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return readEmpty(cursor);
    default:
      return readPlain(cursor, parentIndent);
  }
}

function readEmpty(cursor: Cursor): JsonValue | undefined {
  const { text, at } = cursor;
  const isList = text.startsWith('[]', at);
  if (!isList && !text.startsWith('{}', at)) return undefined;
  if (!endLine(cursor, at + 2)) return undefined;
  return isList ? [] : {};
}
