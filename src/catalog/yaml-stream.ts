import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { syntaxProblem } from './build-blob.ts';
import { countNewlines } from './line-index.ts';
import { parseYamlDocument } from './parse-yaml.ts';
import { createWorkspace, type Workspace } from './regular-yaml-cursor.ts';
import type { JsonValue } from './types.ts';

export type YamlItem =
  | { readonly kind: 'document'; readonly value: JsonValue; readonly line: number }
  | { readonly kind: 'fault'; readonly problem: Problem };

export interface YamlStream {
  /** In the order of the text. What was given is not kept. */
  readonly items: Iterable<YamlItem>;
  /** The first document could not be read. */
  readonly firstIsFault: boolean;
}

interface Chunk {
  readonly text: string;
  readonly line: number;
}

interface StreamPlace {
  readonly file: string;
  /** Line of the file on which the stream starts. */
  readonly line: number;
}

/**
 * Reads YAML documents, split by line as Kubernetes' reader does: each line that starts with
 * `---`, even inside a block scalar. Past the first, a document is read when it is asked for.
 */
export function parseYamlStream(bytes: Uint8Array, place: StreamPlace): YamlStream {
  const chunks = splitDocuments(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), place);
  const workspace = createWorkspace();
  const head: YamlItem[] = [];
  for (let next = chunks.next(); next.done !== true; next = chunks.next()) {
    const items = [...readPart(next.value, place, workspace)];
    head.push(...items);
    if (isProblem(next.value)) continue;
    const firstIsFault = items[0]?.kind === 'fault';
    return { items: chain(head, chunks, (part) => readPart(part, place, workspace)), firstIsFault };
  }
  return { items: head, firstIsFault: head.length > 0 };
}

function* chain<T>(
  head: readonly YamlItem[],
  rest: Iterable<T>,
  read: (part: T) => Iterable<YamlItem>,
): Generator<YamlItem, void, undefined> {
  yield* head;
  for (const part of rest) yield* read(part);
}

function* readPart(
  part: Chunk | Problem,
  place: StreamPlace,
  workspace: Workspace,
): Generator<YamlItem, void, undefined> {
  if (isProblem(part)) {
    yield { kind: 'fault', problem: part };
    return;
  }
  const outcome = parseYamlDocument(part.text, workspace);
  if (outcome.kind === 'value') {
    yield { kind: 'document', value: outcome.value, line: firstContentLine(part) };
    if (outcome.ignoredFrom === null) return;
    const problem = ignoredWarning(place.file, part.line + outcome.ignoredFrom - 1);
    yield { kind: 'fault', problem };
    return;
  }
  const line = outcome.line === null ? firstContentLine(part) : part.line + outcome.line - 1;
  const problem = syntaxProblem(`This is not YAML: ${outcome.reason}.`, {
    file: place.file,
    line,
    ...(outcome.column === null ? {} : { column: outcome.column }),
  });
  yield { kind: 'fault', problem };
}

function isProblem(part: Chunk | Problem): part is Problem {
  return 'severity' in part;
}

function ignoredWarning(file: string, line: number): Problem {
  return {
    ...syntaxProblem('opm does not read what follows the first object of a YAML document.', {
      file,
      line,
    }),
    severity: 'warning',
    hint: 'Put "---" on a line of its own before it.',
  };
}

function* splitDocuments(
  bytes: Buffer,
  place: StreamPlace,
): Generator<Chunk | Problem, void, undefined> {
  if (!isUtf8(bytes))
    yield syntaxProblem('The file is not UTF-8.', { file: place.file, line: place.line });
  // Latin-1 gives the same for ASCII, at a third of the time.
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
  const find = createSeparatorFinder(text);
  let start = 0;
  let line = place.line;
  for (let found = find(0); found !== null; found = find(found.end)) {
    const rest = text.slice(found.start + 3, found.end).trim();
    if (rest !== '' && !rest.startsWith('#')) {
      yield syntaxProblem(`Only a comment may follow "---", not "${rest.slice(0, 40)}".`, {
        file: place.file,
        line: line + countNewlines(text, start, found.start),
      });
    }
    // A separator with nothing before it belongs to the document that follows.
    if (found.start === start) continue;
    yield { text: text.slice(start, found.start), line };
    line += countNewlines(text, start, found.end + 1);
    start = found.end + 1;
  }
  // White space behind the last separator is no document.
  const isTail = start > 0 && text.slice(start).trim() === '';
  if (start < text.length && !isTail) yield { text: text.slice(start), line };
}

/** A line that starts with `---`, without its line break. */
interface Separator {
  readonly start: number;
  readonly end: number;
}

const ODD_BREAKS = ['\r', '\u2028', '\u2029'];

// These end a line too; they are rare, and looking for them is slow.
function createSeparatorFinder(text: string): (from: number) => Separator | null {
  if (!ODD_BREAKS.some((lineBreak) => text.includes(lineBreak)))
    return (from) => findSeparator(text, from);
  const pattern = /^---.*$/gm;
  return () => {
    const match = pattern.exec(text);
    return match === null ? null : { start: match.index, end: match.index + match[0].length };
  };
}

function findSeparator(text: string, from: number): Separator | null {
  const isFirst = from === 0 && text.startsWith('---');
  const start = isFirst ? 0 : text.indexOf('\n---', from) + 1;
  if (start === 0 && !isFirst) return null;
  const end = text.indexOf('\n', start);
  return { start, end: end === -1 ? text.length : end };
}

// Past blank lines, comments, and the separator, which only a chunk's own start can be.
function firstContentLine({ text, line }: Chunk): number {
  const content = /\S/g;
  const lineBreak = /[\n\r\u2028\u2029]/g;
  for (let found = content.exec(text); found !== null; found = content.exec(text)) {
    const at = found.index;
    const isSeparator = at === 0 && text.startsWith('---');
    if (!isSeparator && text[at] !== '#') return line + countNewlines(text, 0, at);
    lineBreak.lastIndex = at;
    const end = lineBreak.exec(text);
    if (end === null) return line;
    content.lastIndex = end.index;
  }
  return line;
}
