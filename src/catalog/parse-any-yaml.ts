import { load, type State, YAMLException } from 'js-yaml';
import { shorten } from '../base/text.ts';
import { messageOf } from '../base/tool-error.ts';
import { countNewlines } from './line-index.ts';
import { MAX_DEPTH } from './parse-json.ts';
import { isRawNumber } from './raw-json.ts';
import type { JsonValue } from './types.ts';
import { GO_YAML_SCHEMA, isReservedKey, YAML_NULL } from './yaml-schema.ts';

/** What one YAML document holds, or why it cannot be read. Lines and columns are 1-based. */
export type YamlOutcome =
  | {
      readonly kind: 'value';
      readonly value: JsonValue /** First line that was not read. */;
      readonly ignoredFrom: number | null;
    }
  | YamlFault;

interface YamlFault {
  readonly kind: 'fault';
  readonly reason: string;
  readonly line: number | null;
  readonly column: number | null;
}

const TOO_DEEP = `it is nested more than ${MAX_DEPTH} deep`;
const TOO_MANY_ALIASES = 'the document contains excessive aliasing';

/**
 * As `parseYamlDocument`, by js-yaml: reads what is not regular, and judges every fault. A byte
 * order mark is not skipped.
 */
export function parseAnyYaml(text: string): YamlOutcome {
  const nul = text.indexOf('\0');
  if (nul !== -1)
    return { kind: 'fault', reason: 'a NUL character is not allowed', ...placeAt(nul, text) };
  try {
    const { value, ignoredFrom } = loadFirst(text);
    if (value === YAML_NULL) return { kind: 'value', value: null, ignoredFrom };
    assertSettled(value, Math.max(MOST_CHARACTERS, text.length * 2));
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

/** js-yaml remembers where each line starts once it finds a fault. */
const MOST_LINES = 10_000_000;

function loadFirst(text: string): LoadedDocument {
  if (text.startsWith('%')) throw new RangeError('a directive needs a document start after it');
  if (countNewlines(text, 0, text.length) > MOST_LINES)
    throw new RangeError(`it has more than ${MOST_LINES.toLocaleString('en-US')} lines`);
  try {
    return { value: loadWhole(text), ignoredFrom: null };
  } catch (error) {
    const end = error instanceof YAMLException ? findDocumentEnd(text, error) : null;
    if (end === null) throw error;
    const first = text.slice(0, end);
    return { value: loadWhole(first), ignoredFrom: first.split('\n').length };
  }
}

/** Keys that any document may take over by `<<`. */
const LEAST_MERGED = 1_000_000;

function loadWhole(text: string): unknown {
  const options = {
    schema: GO_YAML_SCHEMA,
    json: true,
    maxDepth: MAX_DEPTH,
    // As go-yaml: much only where the text has as much of its own.
    maxTotalMergeKeys: Math.max(LEAST_MERGED, text.length / 10),
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
function placeOf(error: YAMLException, text: string): Omit<YamlFault, 'kind'> {
  const reason = describeReason(error);
  const mark = error.mark as YAMLException['mark'] | undefined;
  if (mark === undefined) return { reason, line: null, column: null };
  return { reason, ...placeAt(Math.min(mark.position, text.length), text) };
}

// js-yaml's words for its own options say nothing to a reader.
function describeReason(error: YAMLException): string {
  const reason = error.reason ?? messageOf(error);
  if (reason.startsWith('nesting exceeded')) return TOO_DEEP;
  return reason.startsWith('merge keys exceeded') ? TOO_MANY_ALIASES : shorten(reason);
}

function placeAt(at: number, text: string): { readonly line: number; readonly column: number } {
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  return { line: countNewlines(text, 0, at) + 1, column: at - lineStart + 1 };
}

function findDocumentEnd(text: string, error: YAMLException): number | null {
  if (!MORE_CONTENT.has(error.reason)) return null;
  const dots = /^\.\.\.\s/m.exec(text);
  if (error.reason.startsWith('expected a single')) return dots?.index ?? null;
  const mark = error.mark as YAMLException['mark'] | undefined;
  return mark?.position ?? null;
}

/** What a node comes to, aliases counted each time they are used. */
interface Weight {
  readonly nodes: number;
  /** Of texts and keys. */
  readonly characters: number;
}

interface Walk {
  readonly weights: Map<object, Weight>;
  readonly open: Set<object>;
  readonly distinct: { nodes: number };
}

/** Characters that aliases may make of a text that has fewer of its own. */
const MOST_CHARACTERS = 64_000_000;

/**
 * Puts nulls in place; throws a RangeError for what go-yaml refuses: null and mapping keys, an
 * anchor inside itself, aliases that blow a small text up.
 */
function assertSettled(value: unknown, most: number): asserts value is JsonValue {
  const walk: Walk = { weights: new Map(), open: new Set(), distinct: { nodes: 0 } };
  const { nodes, characters } = settleNode(value, walk);
  const aliased = nodes - walk.distinct.nodes;
  const isBomb = aliased > 100 && nodes > 1000 && aliased / nodes > allowedAliasShare(nodes);
  if (isBomb || characters > most) throw new RangeError(TOO_MANY_ALIASES);
}

function allowedAliasShare(total: number): number {
  if (total <= 400_000) return 0.99;
  if (total >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((total - 400_000) / 3_600_000);
}

const BARE: Weight = { nodes: 1, characters: 1 };

function settleNode(value: unknown, walk: Walk): Weight {
  if (!isCollection(value)) {
    walk.distinct.nodes += 1;
    return typeof value === 'string' ? { nodes: 1, characters: value.length } : BARE;
  }
  const known = walk.weights.get(value);
  if (known !== undefined) return known;
  if (walk.open.has(value)) throw new RangeError('an anchor contains itself');
  if (walk.open.size >= MAX_DEPTH) throw new RangeError(TOO_DEEP);
  walk.open.add(value);
  walk.distinct.nodes += 1;
  const weight = settleChildren(value, walk);
  walk.open.delete(value);
  walk.weights.set(value, weight);
  return weight;
}

function settleChildren(below: Record<string, unknown>, walk: Walk): Weight {
  let [nodes, characters] = [1, 0];
  for (const key of Object.keys(below)) {
    if (isReservedKey(key)) throw new RangeError('a key must be a text, a number or a boolean');
    characters += key.length;
    if (below[key] === YAML_NULL) below[key] = null;
    else {
      const weight = settleNode(below[key], walk);
      nodes += weight.nodes;
      characters += weight.characters;
    }
  }
  return { nodes, characters };
}

// Lists count too: their items are reached by index.
function isCollection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isRawNumber(value);
}
