import { Buffer } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { buildBlob, isProblem, syntaxProblem } from './build-blob.ts';
import { buildCatalog } from './build-catalog.ts';
import { selectCatalogFiles } from './ignore.ts';
import { locateJsonError } from './locate-json-error.ts';
import { MAX_DEPTH, parseJson, parseJsonKeepingNumbers } from './raw-json.ts';
import { countLines, type JsonSlice, scanJsonObject, skipSpace } from './scan-json.ts';
import type { Blob, Catalog, CatalogFile, JsonValue } from './types.ts';
import { parseYamlStream, type YamlStream } from './yaml-stream.ts';

export interface ParsedFile {
  readonly blobs: readonly Blob[];
  readonly problems: readonly Problem[];
}

export interface ParsedCatalog {
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

/**
 * Reads the files of one catalog folder as `opm` loads it (spec "file-based catalogs" §1), files
 * named by `.indexignore` left out. Faults do not stop the reading: every one of every file is
 * listed, and what could be read is in the catalog.
 */
export function parseCatalog(files: Iterable<CatalogFile>): ParsedCatalog {
  const blobs: Blob[] = [];
  const problems: Problem[] = [];
  for (const file of selectCatalogFiles(files)) {
    const parsed = parseCatalogFile(file);
    for (const blob of parsed.blobs) blobs.push(blob);
    for (const problem of parsed.problems) problems.push(problem);
  }
  return { catalog: buildCatalog(blobs), problems };
}

/** Reads one file: concatenated JSON where it starts with a brace, YAML documents otherwise. */
export function parseCatalogFile(file: CatalogFile): ParsedFile {
  const output: OpenFile = { path: file.path, blobs: [], problems: [] };
  const head = skipSpace(file.bytes.subarray(0, 4096), 0, 1);
  if (file.bytes[head.at] === 0x7b) parseJsonStream(file.bytes, output);
  else addYaml(parseYamlStream(file.bytes, { file: file.path, line: 1 }), output);
  const problems = output.problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { blobs: output.blobs, problems };
}

interface OpenFile {
  readonly path: string;
  readonly blobs: Blob[];
  readonly problems: Problem[];
}

interface Position {
  readonly at: number;
  readonly line: number;
}

function parseJsonStream(bytes: Uint8Array, output: OpenFile): void {
  let position: Position | null = { at: 0, line: 1 };
  for (let decoded = 0; position !== null; decoded += 1) {
    const start = skipSpace(bytes, position.at, position.line);
    if (start.at >= bytes.length) return;
    const slice = scanJsonObject(bytes, start.at, start.line);
    const value = slice === null ? undefined : parseSlice(bytes, slice);
    if (slice !== null && value !== undefined) {
      addValue(value, start.line, output);
      position = endOf(bytes, start, slice);
      continue;
    }
    // opm gives a stream one more chance as YAML, unless it has seen two objects or the text ends early.
    if (decoded <= 1 && !endsEarly(bytes, slice) && triesYaml(bytes, start, output)) return;
    output.problems.push(describeFault(bytes, { start, slice, file: output.path }));
    position = findNextObject(bytes, start, { slice, faults: output.problems.length });
  }
}

function endOf(bytes: Uint8Array, start: Position, slice: JsonSlice): Position {
  return { at: slice.end, line: start.line + countLines(bytes, start.at, slice.end) };
}

function endsEarly(bytes: Uint8Array, slice: JsonSlice | null): boolean {
  if (slice === null || slice.closed) return false;
  const fault = locateJsonError(textOf(bytes, slice.start, slice.end));
  return fault === null || fault.endsEarly;
}

function parseSlice(bytes: Uint8Array, slice: JsonSlice): JsonValue | undefined {
  if (!slice.closed || slice.depth > MAX_DEPTH) return undefined;
  const text = textOf(bytes, slice.start, slice.end);
  try {
    return slice.oddNumbers ? parseJsonKeepingNumbers(text) : parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

function addValue(value: JsonValue, line: number, output: OpenFile): void {
  const blob = buildBlob(value, { file: output.path, line });
  if (isProblem(blob)) output.problems.push(blob);
  else output.blobs.push(blob);
}

function triesYaml(bytes: Uint8Array, from: Position, output: OpenFile): boolean {
  const attempt = parseYamlStream(bytes.subarray(from.at), { file: output.path, line: from.line });
  if (!attempt.firstIsFault) addYaml(attempt, output);
  return !attempt.firstIsFault;
}

function addYaml(stream: YamlStream, output: OpenFile): void {
  for (const document of stream.documents) addValue(document.value, document.line, output);
  for (const problem of stream.problems) output.problems.push(problem);
}

function describeFault(
  bytes: Uint8Array,
  fault: { readonly start: Position; readonly slice: JsonSlice | null; readonly file: string },
): Problem {
  const { start, slice, file } = fault;
  const column = columnOf(bytes, start.at);
  if (slice === null)
    return syntaxProblem('A JSON object was expected here.', { file, line: start.line, column });
  if (slice.depth > MAX_DEPTH)
    return syntaxProblem(`The object is nested more than ${MAX_DEPTH} deep.`, {
      file,
      line: start.line,
      column,
    });
  const text = textOf(bytes, slice.start, slice.end);
  const found = locateJsonError(text) ?? {
    offset: 0,
    reason: 'the object cannot be read',
    endsEarly: false,
  };
  const before = text.slice(0, found.offset).split('\n');
  const last = before.at(-1)?.length ?? 0;
  const place = {
    line: start.line + before.length - 1,
    column: before.length === 1 ? column + last : last + 1,
  };
  return syntaxProblem(`This is not JSON: ${found.reason}.`, { file, ...place });
}

function columnOf(bytes: Uint8Array, at: number): number {
  const lineStart = bytes.lastIndexOf(0x0a, at - 1) + 1;
  return at === 0 ? 1 : textOf(bytes, lineStart, at).length + 1;
}

/** Objects that never close are looked through to the end each time, so only so often. */
const MAX_RESTARTS = 50;

// After a fault, reading goes on behind the object, or at the next line that starts with a brace.
function findNextObject(
  bytes: Uint8Array,
  start: Position,
  fault: { readonly slice: JsonSlice | null; readonly faults: number },
): Position | null {
  if (fault.slice?.closed === true) return endOf(bytes, start, fault.slice);
  if (fault.faults > MAX_RESTARTS) return null;
  let newline = bytes.indexOf(0x0a, start.at);
  while (newline !== -1 && bytes[newline + 1] !== 0x7b) newline = bytes.indexOf(0x0a, newline + 1);
  if (newline === -1) return null;
  return { at: newline + 1, line: start.line + countLines(bytes, start.at, newline + 1) };
}
