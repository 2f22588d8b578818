import { CORE_SCHEMA, type EventType, loadAll, type State, Type, YAMLException } from 'js-yaml';
import type { Problem } from '../base/problem.ts';

/** Where something stands in a text; both 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Field names and list indexes from the document's root. */
export type ValuePath = readonly (string | number)[];

/** One YAML document and where each part of it stands. */
export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** Place of the value; for an alias that of its use, below it that of the anchor. The nearest parent's where there is no such value. */
  placeOf(path: ValuePath): Place;
  /** Place of the field name; that of the value for list items and the root. */
  placeOfKey(path: ValuePath): Place;
  /** Offsets of a value that is written at this very path; null where there is none, or it comes by an alias or a merge key. */
  spanOf(path: ValuePath): Span | null;
}

/** Offsets in a text that has no byte order mark. */
export interface Span {
  /** Of the field name; that of the value for list items and the root. */
  readonly key: number;
  /** At its end for a value that is left out (`pin:`). */
  readonly start: number;
  /** Behind its last character; comments and line breaks that follow are outside. */
  readonly end: number;
}

export type YamlResult =
  | { readonly document: YamlDocument; readonly problem: null }
  | { readonly document: null; readonly problem: Problem };

interface YamlNode {
  /** -1 for a value that is left out. */
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  readonly isKey: boolean;
}

interface OpenNode {
  readonly opened: number;
  /** None for most: a long list has many scalars. */
  children: YamlNode[] | null;
}

interface Member {
  readonly key: number;
  /** What people are shown: that of the key for a value that is left out. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Members of one mapping or list, by field name or index; `merged` are the values of its `<<`. */
interface Members {
  readonly byName: ReadonlyMap<string, Member>;
  readonly merged: readonly unknown[];
}

// Dates stay text; merge keys are understood.
const MERGE_KEY = new Type('tag:yaml.org,2002:merge', { kind: 'scalar', resolve: isMergeKey });
const SCHEMA = CORE_SCHEMA.extend({ implicit: [MERGE_KEY] });
const SEPARATION = /(?:[ \t\r\n]|#[^\r\n]*)*/y;

/** Reads exactly one YAML document; a syntax error, none or a second one is a `MANIFEST_SYNTAX` problem. */
export function parseYamlDocument(source: string, file: string): YamlResult {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const recorder = createRecorder(text);
  try {
    const documents = loadAll(text, null, { schema: SCHEMA, listener: recorder.listen });
    const [first, second] = recorder.roots;
    if (first === undefined || documents[0] === null || documents[0] === undefined)
      return failed(file, { line: 1, column: 1 }, 'The file is empty.');
    if (second !== undefined)
      return failed(
        file,
        placeAt(text, second.start),
        'The file holds more than one YAML document; one is expected.',
      );
    return {
      document: buildDocument(text, { file, root: first, children: recorder.children }),
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return failed(
      file,
      { line: error.mark.line + 1, column: error.mark.column + 1 },
      `The file is not valid YAML: ${error.reason}.`,
    );
  }
}

/** `spec.catalogs[0].tag`. */
export function formatValuePath(path: ValuePath): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`,
    )
    .join('');
}

function isMergeKey(data: unknown): boolean {
  return data === '<<';
}

function failed(file: string, place: Place, message: string): YamlResult {
  const hint = 'Check the indentation, brackets and quotes at this place.';
  return {
    document: null,
    problem: { severity: 'error', code: 'MANIFEST_SYNTAX', message, hint, file, ...place },
  };
}

interface Recorder {
  readonly roots: readonly YamlNode[];
  /** What stands in a mapping or list. */
  readonly children: ReadonlyMap<object, readonly YamlNode[]>;
  listen(this: void, event: EventType, state: State): void;
}

// js-yaml tells when it starts and ends to read a node. It reads some nodes twice or as their own
// parent while it finds out what they are; the first record of a mapping or list is the right one,
// because what is inside ends first.
function createRecorder(text: string): Recorder {
  const open: OpenNode[] = [];
  const roots: YamlNode[] = [];
  const children = new Map<object, readonly YamlNode[]>();
  function close(state: State): void {
    const node = open.pop();
    if (node === undefined) return;
    const start = skipSeparation(text, node.opened);
    const isEmpty = state.position <= start;
    const value: unknown = state.result;
    const own = node.children ?? NO_NODES;
    if (typeof value === 'object' && value !== null && !children.has(value))
      children.set(value, own);
    const isKey = text[skipBlanks(text, state.position)] === ':';
    const end = findEnd(text, { start, position: state.position, value, children: own });
    addTo(open.at(-1), { start: isEmpty ? -1 : start, end, value, isKey });
  }
  function addTo(parent: OpenNode | undefined, node: YamlNode): void {
    if (parent === undefined) roots.push(node);
    else if (parent.children === null) parent.children = [node];
    else parent.children.push(node);
  }
  return {
    roots,
    children,
    listen(event, state) {
      if (event === 'open') open.push({ opened: state.position, children: null });
      else close(state);
    },
  };
}

const NO_NODES: readonly YamlNode[] = [];

interface ClosedNode {
  readonly start: number;
  readonly position: number;
  readonly value: unknown;
  readonly children: readonly YamlNode[];
}

// js-yaml ends a block collection where the next node begins; its text ends with that of its last child.
function findEnd(text: string, { start, position, value, children }: ClosedNode): number {
  if (position <= start) return -1;
  const isFlow = /^(?:[&!]\S*\s+)*[{[]/.test(text.slice(start, position));
  const last = isFlow ? undefined : children.findLast((child) => child.end >= 0);
  if (last?.isKey === true && typeof value === 'object') return skipBlanks(text, last.end) + 1;
  return text.slice(0, last?.end ?? position).trimEnd().length;
}

function readMembers(text: string, value: object, children: readonly YamlNode[]): Members {
  return Array.isArray(value) ? readItems(value, children) : readFields(text, children);
}

function readItems(items: readonly unknown[], children: readonly YamlNode[]): Members {
  const byName = new Map<string, Member>();
  let next = 0;
  for (const [index, item] of items.entries()) {
    // An item without text (`-` alone) has no node of its own, and is null.
    const found = findNode(children, item, next);
    const start = found < 0 ? -1 : (children[found]?.start ?? -1);
    if (found >= 0) next = found + 1;
    byName.set(String(index), { key: start, value: start, start, end: children[found]?.end ?? -1 });
  }
  return { byName, merged: [] };
}

function findNode(nodes: readonly YamlNode[], value: unknown, from: number): number {
  for (let at = from; at < nodes.length; at += 1) if (Object.is(nodes[at]?.value, value)) return at;
  return -1;
}

function readFields(text: string, children: readonly YamlNode[]): Members {
  const byName = new Map<string, Member>();
  const merged: unknown[] = [];
  for (const [index, child] of children.entries()) {
    if (!child.isKey) continue;
    const after = children[index + 1];
    byName.set(String(child.value), buildMember(text, child, after));
    if (child.value === '<<') merged.push(...[after?.value].flat());
  }
  return { byName, merged };
}

function buildMember(text: string, key: YamlNode, after: YamlNode | undefined): Member {
  if (after !== undefined && !after.isKey && after.start >= 0)
    return { key: key.start, value: after.start, start: after.start, end: after.end };
  const behindColon = skipBlanks(text, key.end) + 1;
  return { key: key.start, value: key.start, start: behindColon, end: behindColon };
}

interface Recorded {
  readonly file: string;
  readonly root: YamlNode;
  readonly children: ReadonlyMap<object, readonly YamlNode[]>;
}

/** Of a mapping or list; null where it was not read from the text. */
type FindMembers = (value: object) => Members | null;

function buildDocument(text: string, recorded: Recorded): YamlDocument {
  const start = Math.max(recorded.root.start, 0);
  const root = { key: start, value: start, start, end: recorded.root.end };
  const known = new Map<object, Members>();
  // Few places of a document are ever asked for.
  function findMembers(value: object): Members | null {
    const found = known.get(value);
    if (found !== undefined) return found;
    const children = recorded.children.get(value);
    if (children === undefined) return null;
    const members = readMembers(text, value, children);
    known.set(value, members);
    return members;
  }
  function find(path: ValuePath): Member {
    let member: Member = root;
    let value = recorded.root.value;
    for (const part of path) {
      const next = findMember(findMembers, value, String(part));
      if (next === null || next.key < 0) return member;
      member = next;
      value = readPart(value, part);
    }
    return member;
  }
  function findOwn(path: ValuePath): Span | null {
    let member: Member = root;
    let value = recorded.root.value;
    for (const part of path) {
      const own = typeof value === 'object' && value !== null ? findMembers(value) : null;
      const next = own?.byName.get(String(part));
      // What an alias stands for is written at its anchor, not here.
      if (next === undefined || next.start < 0 || text[member.start] === '*') return null;
      member = next;
      value = readPart(value, part);
    }
    return member;
  }
  return {
    file: recorded.file,
    value: recorded.root.value,
    placeOf: (path) => placeAt(text, find(path).value),
    placeOfKey: (path) => placeAt(text, find(path).key),
    spanOf: findOwn,
  };
}

function findMember(findMembers: FindMembers, value: unknown, name: string): Member | null {
  if (typeof value !== 'object' || value === null) return null;
  const own = findMembers(value);
  const member = own?.byName.get(name);
  if (member !== undefined) return member;
  for (const source of own?.merged ?? []) {
    const found = findMember(findMembers, source, name);
    if (found !== null) return found;
  }
  return null;
}

/** The member of a mapping or list, undefined where there is none. */
export function readPart(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return Reflect.get(value, part);
}

function placeAt(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

function skipSeparation(text: string, from: number): number {
  SEPARATION.lastIndex = from;
  return from + (SEPARATION.exec(text)?.[0].length ?? 0);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}
