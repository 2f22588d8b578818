import { Buffer, isUtf8 } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { syntaxProblem } from './build-blob.ts';
import { parseYamlDocument } from './parse-yaml.ts';
import { createKeys } from './regular-yaml-key.ts';
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
  const keys = createKeys();
  const documents: YamlDocument[] = [];
  const problems: Problem[] = [...splitProblems];
  let firstIsFault = chunks.length === 0 && splitProblems.length > 0;
  for (const [index, chunk] of chunks.entries()) {
    const outcome = parseYamlDocument(chunk.text, keys);
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

const SEPARATOR = /^---.*$/gm;

function splitDocuments(
  bytes: Buffer,
  place: StreamPlace,
): { readonly chunks: readonly Chunk[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = isUtf8(bytes)
    ? []
    : [syntaxProblem('The file is not UTF-8.', { file: place.file, line: place.line })];
  const text = bytes.toString('utf8');
  const chunks: Chunk[] = [];
  let start = 0;
  let line = place.line;
  for (const match of text.matchAll(SEPARATOR)) {
    const end = match.index + match[0].length + 1;
    const rest = match[0].slice(3).trim();
    if (rest !== '' && !rest.startsWith('#')) {
      problems.push(
        syntaxProblem(`Only a comment may follow "---", not "${rest.slice(0, 40)}".`, {
          file: place.file,
          line: line + newlinesIn(text, start, match.index),
        }),
      );
    }
    // A separator with nothing before it belongs to the document that follows.
    if (match.index === start) continue;
    chunks.push({ text: text.slice(start, match.index), line });
    line += newlinesIn(text, start, end);
    start = end;
  }
  // White space behind the last separator is no document.
  const isTail = chunks.length > 0 && /^\s*$/.test(text.slice(start));
  if (start < text.length && !isTail) chunks.push({ text: text.slice(start), line });
  return { chunks, problems };
}

function newlinesIn(text: string, from: number, to: number): number {
  let count = 0;
  let at = text.indexOf('\n', from);
  while (at !== -1 && at < to) {
    count += 1;
    at = text.indexOf('\n', at + 1);
  }
  return count;
}

const FIRST_CONTENT = /^(?!---)[^\S\n]*[^\s#]/m;

function firstContentLine(chunk: Chunk): number {
  const match = FIRST_CONTENT.exec(chunk.text);
  return match === null ? chunk.line : chunk.line + newlinesIn(chunk.text, 0, match.index);
}
