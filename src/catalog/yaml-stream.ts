import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { syntaxProblem } from './build-blob.ts';
import { countNewlines } from './line-index.ts';
import { parseYamlDocument } from './parse-yaml.ts';
import { createWorkspace } from './regular-yaml-cursor.ts';
import type { JsonValue } from './types.ts';

export interface YamlDocument {
  readonly value: JsonValue;
  readonly line: number;
}

export interface YamlStream {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly Problem[];
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
 * `---`, even inside a block scalar.
 */
export function parseYamlStream(bytes: Uint8Array, place: StreamPlace): YamlStream {
  const { chunks, problems: splitProblems } = splitDocuments(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    place,
  );
  const workspace = createWorkspace();
  const documents: YamlDocument[] = [];
  const problems: Problem[] = [...splitProblems];
  let firstIsFault = chunks.length === 0 && splitProblems.length > 0;
  for (const [index, chunk] of chunks.entries()) {
    const outcome = parseYamlDocument(chunk.text, workspace);
    if (outcome.kind === 'value') {
      documents.push({ value: outcome.value, line: firstContentLine(chunk) });
      if (outcome.ignoredFrom !== null)
        problems.push(ignoredWarning(place.file, chunk.line + outcome.ignoredFrom - 1));
      continue;
    }
    firstIsFault ||= index === 0;
    const line = outcome.line === null ? firstContentLine(chunk) : chunk.line + outcome.line - 1;
    problems.push(
      syntaxProblem(`This is not YAML: ${outcome.reason}.`, {
        file: place.file,
        line,
        ...(outcome.column === null ? {} : { column: outcome.column }),
      }),
    );
  }
  return { documents, problems, firstIsFault };
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

function splitDocuments(
  bytes: Buffer,
  place: StreamPlace,
): { readonly chunks: readonly Chunk[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = isUtf8(bytes)
    ? []
    : [syntaxProblem('The file is not UTF-8.', { file: place.file, line: place.line })];
  // Latin-1 gives the same for ASCII, at a third of the time.
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
  const find = createSeparatorFinder(text);
  const chunks: Chunk[] = [];
  let start = 0;
  let line = place.line;
  for (let found = find(0); found !== null; found = find(found.end)) {
    const rest = text.slice(found.start + 3, found.end).trim();
    if (rest !== '' && !rest.startsWith('#')) {
      problems.push(
        syntaxProblem(`Only a comment may follow "---", not "${rest.slice(0, 40)}".`, {
          file: place.file,
          line: line + countNewlines(text, start, found.start),
        }),
      );
    }
    // A separator with nothing before it belongs to the document that follows.
    if (found.start === start) continue;
    chunks.push({ text: text.slice(start, found.start), line });
    line += countNewlines(text, start, found.end + 1);
    start = found.end + 1;
  }
  // White space behind the last separator is no document.
  const isTail = chunks.length > 0 && text.slice(start).trim() === '';
  if (start < text.length && !isTail) chunks.push({ text: text.slice(start), line });
  return { chunks, problems };
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

// The first line that is neither blank, nor a comment, nor a separator.
function firstContentLine({ text, line }: Chunk): number {
  const content = /\S/g;
  for (let found = content.exec(text); found !== null; found = content.exec(text)) {
    const at = found.index;
    const separates = text.startsWith('---', at) && (at === 0 || text[at - 1] === '\n');
    if (!separates && text[at] !== '#') return line + countNewlines(text, 0, at);
    const end = text.indexOf('\n', at);
    if (end === -1) return line;
    content.lastIndex = end;
  }
  return line;
}
