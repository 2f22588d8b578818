import { load, type State, YAMLException } from 'js-yaml';
import { messageOf } from '../base/tool-error.ts';
import { countNewlines } from './line-index.ts';
import { isRawNumber, MAX_DEPTH } from './raw-json.ts';
import type { JsonValue } from './types.ts';
import { GO_YAML_SCHEMA, isReservedKey, YAML_NULL } from './yaml-schema.ts';

/** What one YAML document holds, or why it cannot be read. Lines and columns are 1-based. */
export type YamlOutcome =
  | {
      readonly kind: 'value';
      readonly value: JsonValue /** First line that was not read. */;
      readonly ignoredFrom: number | null;
    }
  | {
      readonly kind: 'fault';
      readonly reason: string;
      readonly line: number | null;
      readonly column: number | null;
    };

/**
 * As `parseYamlDocument`, by js-yaml: reads what is not regular, and judges every fault. A byte
 * order mark is not skipped.
 */
export function parseAnyYaml(text: string): YamlOutcome {
  try {
    const { value, ignoredFrom } = loadFirst(text);
    if (value === YAML_NULL) return { kind: 'value', value: null, ignoredFrom };
    assertSettled(value);
    return { kind: 'value', value, ignoredFrom };
  } catch (error) {
    if (error instanceof YAMLException) return { kind: 'fault', ...placeOf(error, text) };
    if (error instanceof RangeError)
      return { kind: 'fault', reason: error.message, line: null, column: null };
    throw error;
  }
}

// Explicit keys, and flow lists before a colon: only there can a list be a key.
const MAYBE_LIST_KEY = /(?:^|[\s[{,])\?\s|\]\s*:(?:\s|$)/;

const MORE_CONTENT = new Set([
  'end of the stream or a document separator is expected',
  'expected a single document in the stream, but found more',
]);

interface LoadedDocument {
  readonly value: unknown;
  readonly ignoredFrom: number | null;
}

function loadFirst(text: string): LoadedDocument {
  if (text.startsWith('%')) throw new RangeError('a directive needs a document start after it');
  try {
    return { value: loadWhole(text), ignoredFrom: null };
  } catch (error) {
    const end = error instanceof YAMLException ? findDocumentEnd(text, error) : null;
    if (end === null) throw error;
    const first = text.slice(0, end);
    return { value: loadWhole(first), ignoredFrom: first.split('\n').length };
  }
}

function loadWhole(text: string): unknown {
  const options = {
    schema: GO_YAML_SCHEMA,
    json: true,
    maxDepth: MAX_DEPTH,
    maxTotalMergeKeys: -1,
  };
  if (MAYBE_LIST_KEY.test(text)) load(text, { ...options, listener: trapListKeys });
  return load(text, options) ?? null;
}

// js-yaml would join the items of a list that is a key. It copies a list only there, and copying
// asks for the species.
function trapListKeys(event: 'open' | 'close', state: State): void {
  const { result } = state as State & { readonly result: unknown };
  if (event === 'close' && Array.isArray(result))
    Object.defineProperty(result, 'constructor', { value: LIST_KEY_TRAP });
}

const LIST_KEY_TRAP = {
  [Symbol.species]: function refuseListKey(): never {
    throw new RangeError('a key must be a text, a number or a boolean');
  },
};

// js-yaml counts other line breaks than editors do, and a last one of its own; its offset is exact.
function placeOf(
  error: YAMLException,
  text: string,
): {
  readonly reason: string;
  readonly line: number | null;
  readonly column: number | null;
} {
  const reason = error.reason ?? messageOf(error);
  const mark = error.mark as YAMLException['mark'] | undefined;
  if (mark === undefined) return { reason, line: null, column: null };
  const at = Math.min(mark.position, text.length);
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  return { reason, line: countNewlines(text, 0, at) + 1, column: at - lineStart + 1 };
}

function findDocumentEnd(text: string, error: YAMLException): number | null {
  if (!MORE_CONTENT.has(error.reason)) return null;
  const dots = /^\.\.\.\s/m.exec(text);
  if (error.reason.startsWith('expected a single')) return dots?.index ?? null;
  const mark = error.mark as YAMLException['mark'] | undefined;
  return mark?.position ?? null;
}

interface Walk {
  /** Nodes below each collection, aliases counted each time they are used. */
  readonly sizes: Map<object, number>;
  readonly open: Set<object>;
  readonly distinct: { count: number };
}

/**
 * Puts nulls in place; throws a RangeError for what go-yaml refuses: null and mapping keys, an
 * anchor inside itself, aliases that blow a small text up.
 */
function assertSettled(value: unknown): asserts value is JsonValue {
  const walk: Walk = { sizes: new Map(), open: new Set(), distinct: { count: 0 } };
  const total = settleNode(value, walk);
  const aliased = total - walk.distinct.count;
  if (aliased > 100 && total > 1000 && aliased / total > allowedAliasShare(total)) {
    throw new RangeError('the document contains excessive aliasing');
  }
}

function allowedAliasShare(total: number): number {
  if (total <= 400_000) return 0.99;
  if (total >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((total - 400_000) / 3_600_000);
}

function settleNode(value: unknown, walk: Walk): number {
  if (!isCollection(value)) {
    walk.distinct.count += 1;
    return 1;
  }
  const known = walk.sizes.get(value);
  if (known !== undefined) return known;
  if (walk.open.has(value)) throw new RangeError('an anchor contains itself');
  if (walk.open.size >= MAX_DEPTH) throw new RangeError(`it is nested more than ${MAX_DEPTH} deep`);
  walk.open.add(value);
  walk.distinct.count += 1;
  const size = 1 + settleChildren(value, walk);
  walk.open.delete(value);
  walk.sizes.set(value, size);
  return size;
}

function settleChildren(nodes: Record<string, unknown>, walk: Walk): number {
  let size = 0;
  for (const key of Object.keys(nodes)) {
    if (isReservedKey(key)) throw new RangeError('a key must be a text, a number or a boolean');
    if (nodes[key] === YAML_NULL) nodes[key] = null;
    else size += settleNode(nodes[key], walk);
  }
  return size;
}

// Lists count too: their items are reached by index.
function isCollection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isRawNumber(value);
}
