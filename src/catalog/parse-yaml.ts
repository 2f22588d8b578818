import { load, type State, YAMLException } from 'js-yaml';
import { messageOf } from '../base/tool-error.ts';
import { isJsonArray, isJsonObject } from './raw-json.ts';
import type { JsonValue } from './types.ts';
import { GO_YAML_SCHEMA, MAPPING_KEY, NULL_KEY, YAML_NULL } from './yaml-schema.ts';

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
 * Reads one document as sigs.k8s.io/yaml over go-yaml v2 does: YAML 1.1, the last of equal keys
 * wins, keys become strings, and whatever follows the first document is not read.
 */
export function parseYamlDocument(text: string): YamlOutcome {
  const outcome = loadFirst(text, 0);
  if (outcome.kind === 'fault') return outcome;
  const fault = settle(outcome.value);
  if (fault !== null) return { kind: 'fault', reason: fault, line: null, column: null };
  return { ...outcome, value: isYamlNull(outcome.value) ? null : outcome.value };
}

// Explicit keys, and flow lists before a colon: only there can a list be a key.
const MAYBE_LIST_KEY = /(?:^|[\s[{,])\?\s|\]\s*:(?:\s|$)/;

const MORE_CONTENT = new Set([
  'end of the stream or a document separator is expected',
  'expected a single document in the stream, but found more',
]);

function loadFirst(text: string, attempt: number): YamlOutcome {
  if (/^\uFEFF?%/.test(text))
    return {
      kind: 'fault',
      reason: 'a directive needs a document start after it',
      line: 1,
      column: 1,
    };
  try {
    if (MAYBE_LIST_KEY.test(text))
      load(text, { schema: GO_YAML_SCHEMA, json: true, listener: trapListKeys });
    return {
      kind: 'value',
      value: (load(text, { schema: GO_YAML_SCHEMA, json: true }) ?? null) as JsonValue,
      ignoredFrom: null,
    };
  } catch (error) {
    if (error instanceof RangeError)
      return { kind: 'fault', reason: error.message, line: null, column: null };
    if (!(error instanceof YAMLException)) throw error;
    const end = MORE_CONTENT.has(error.reason) ? findDocumentEnd(text, error) : null;
    if (attempt > 0 || end === null) return { kind: 'fault', ...placeOf(error) };
    const first = loadFirst(text.slice(0, end), 1);
    return first.kind === 'fault'
      ? first
      : { ...first, ignoredFrom: countLines(text.slice(0, end)) + 1 };
  }
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

function placeOf(error: YAMLException): {
  readonly reason: string;
  readonly line: number | null;
  readonly column: number | null;
} {
  const mark = error.mark as YAMLException['mark'] | undefined;
  return {
    reason: error.reason ?? messageOf(error),
    line: mark === undefined ? null : mark.line + 1,
    column: mark === undefined ? null : mark.column + 1,
  };
}

function findDocumentEnd(text: string, error: YAMLException): number | null {
  const dots = /^\.\.\.\s/m.exec(text);
  if (error.reason.startsWith('expected a single')) return dots?.index ?? null;
  const mark = error.mark as YAMLException['mark'] | undefined;
  return mark?.position ?? null;
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

function isYamlNull(value: unknown): boolean {
  return value === YAML_NULL;
}

interface Walk {
  /** Nodes below each collection, aliases counted each time they are used. */
  readonly sizes: Map<object, number>;
  readonly open: Set<object>;
  readonly distinct: { count: number };
}

/**
 * Puts nulls in place and refuses what go-yaml refuses: null and mapping keys, an anchor inside
 * itself, aliases that blow a small text up.
 */
function settle(value: JsonValue): string | null {
  const walk: Walk = { sizes: new Map(), open: new Set(), distinct: { count: 0 } };
  try {
    const total = settleNode(value, walk);
    const aliased = total - walk.distinct.count;
    if (aliased > 100 && total > 1000 && aliased / total > allowedAliasShare(total))
      return 'the document contains excessive aliasing';
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function allowedAliasShare(total: number): number {
  if (total <= 400_000) return 0.99;
  if (total >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((total - 400_000) / 3_600_000);
}

function settleNode(value: JsonValue, walk: Walk): number {
  if (!isJsonArray(value) && !isJsonObject(value)) {
    walk.distinct.count += 1;
    return 1;
  }
  const known = walk.sizes.get(value);
  if (known !== undefined) return known;
  if (walk.open.has(value)) throw new RangeError('an anchor contains itself');
  walk.open.add(value);
  walk.distinct.count += 1;
  const size = 1 + settleChildren(value as JsonValue[] | Record<string, JsonValue>, walk);
  walk.open.delete(value);
  walk.sizes.set(value, size);
  return size;
}

function settleChildren(value: JsonValue[] | Record<string, JsonValue>, walk: Walk): number {
  let size = 0;
  const nodes = value as Record<string, JsonValue>;
  for (const key of Object.keys(nodes)) {
    if (key === NULL_KEY || key === MAPPING_KEY)
      throw new RangeError('a key must be a text, a number or a boolean');
    if (isYamlNull(nodes[key])) nodes[key] = null;
    else size += settleNode(nodes[key] ?? null, walk);
  }
  return size;
}
