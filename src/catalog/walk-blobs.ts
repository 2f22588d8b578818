import { constants } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { createProblemList, type ProblemList } from '../base/problem-list.ts';
import { type BlobText, decodeText, type TextPlace } from './blob-text.ts';
import { type BlobPlace, buildBlob, isProblem, syntaxProblem } from './build-blob.ts';
import { describeJsonFault } from './describe-json-fault.ts';
import { findLfsPointer } from './lfs-pointer.ts';
import { createLineIndex, type LineIndex } from './line-index.ts';
import { locateJsonError } from './locate-json-error.ts';
import { createJsonReader, type JsonObjectOutcome } from './read-json-object.ts';
import { skipSpace } from './scan-json.ts';
import type { Blob, CatalogFile, JsonValue } from './types.ts';
import { parseYamlStream, type YamlStream } from './yaml-stream.ts';

/** A blob as it was read. */
export interface ReadBlob {
  readonly blob: Blob;
  /** The object as it stands there, whatever the spelling of its keys. */
  readonly raw: JsonValue;
  /** Null where it did not stand in the file as JSON. */
  readonly text: BlobText | null;
  readonly place: BlobPlace;
}

export type VisitBlob = (read: ReadBlob) => void;

/**
 * Hears of texts before they are read: true where it knows the blob of such a text, which then is
 * not visited.
 */
export type RecallText = (text: TextPlace, place: BlobPlace) => boolean;

/**
 * Shows every object of one file in its order (spec "file-based catalogs" §1.3): concatenated JSON
 * where the file starts with a brace, YAML documents otherwise. JSON is read object by object, so
 * that no more of it need be in memory. Gives all faults of the text, by line.
 */
export function walkBlobs(
  file: CatalogFile,
  visit: VisitBlob,
  recall: RecallText = () => false,
): readonly Problem[] {
  const pointer = findLfsPointer(file.bytes, file.path);
  if (pointer !== null) return [pointer];
  const walk: Walk = {
    bytes: file.bytes,
    file: file.path,
    lines: createLineIndex(file.bytes),
    visit,
    recall,
    problems: createProblemList(),
  };
  const head = skipSpace(file.bytes.subarray(0, 4096), 0);
  if (file.bytes[head] === 0x7b) walkJson(walk);
  else if (file.bytes.length > constants.MAX_STRING_LENGTH)
    walk.problems.add(
      syntaxProblem('A YAML file may not be larger than 512 MB.', { file: file.path, line: 1 }),
    );
  else visitYaml(parseYamlStream(file.bytes, { file: file.path, line: 1 }), walk);
  return walk.problems.all().toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

interface Walk {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly lines: LineIndex;
  readonly visit: VisitBlob;
  readonly recall: RecallText;
  readonly problems: ProblemList;
}

function walkJson(walk: Walk): void {
  const { bytes } = walk;
  const reader = createJsonReader(bytes, (text) => walk.recall(text, placeOf(text, walk)));
  let at: number | null = skipSpace(bytes, 0);
  for (let decoded = 0; at !== null && at < bytes.length; decoded += 1) {
    const start: number = at;
    if (isHopeless(walk, () => walk.lines.lineAt(start))) return;
    const outcome = reader.read(start);
    if (outcome.kind === 'known') {
      at = skipSpace(bytes, outcome.end);
      continue;
    }
    if (outcome.kind === 'value') {
      visitJson(outcome.value, outcome.text, walk);
      at = skipSpace(bytes, outcome.text.end);
      continue;
    }
    // opm gives a stream one more chance as YAML, unless it has seen two objects or the text ends early.
    if (decoded <= 1 && mayBeYaml(outcome, start, walk) && triesYaml(start, walk)) return;
    const span = { ...walk, start, end: outcome.end ?? bytes.length };
    walk.problems.add(describeJsonFault(span, outcome.fault));
    at = findNextObject(outcome, start, walk);
  }
}

function mayBeYaml(
  outcome: JsonObjectOutcome & { readonly kind: 'fault' },
  start: number,
  { bytes }: Walk,
): boolean {
  if (outcome.fault !== 'syntax') return outcome.fault === 'no-object';
  if (outcome.end !== null) return true;
  const fault = locateJsonError(decodeText({ bytes, start, end: bytes.length }));
  return fault !== null && !fault.endsEarly;
}

function visitJson(value: JsonValue, text: BlobText, walk: Walk): void {
  visitValue(value, { text, place: placeOf(text, walk) }, walk);
}

function placeOf({ start }: TextPlace, { file, lines }: Walk): BlobPlace {
  return { file, findLine: () => lines.lineAt(start) };
}

function visitValue(value: JsonValue, source: Omit<ReadBlob, 'blob' | 'raw'>, walk: Walk): void {
  const blob = buildBlob(value, source.place);
  if (isProblem(blob)) walk.problems.add(blob);
  else walk.visit({ blob, raw: value, ...source });
}

function triesYaml(start: number, walk: Walk): boolean {
  const place = { file: walk.file, line: walk.lines.lineAt(start) };
  const attempt = parseYamlStream(walk.bytes.subarray(start), place);
  if (!attempt.firstIsFault) visitYaml(attempt, walk);
  return !attempt.firstIsFault;
}

function visitYaml(stream: YamlStream, walk: Walk): void {
  for (const item of stream.items) {
    const { line = 1 } = item.kind === 'fault' ? item.problem : item;
    if (isHopeless(walk, () => line)) return;
    if (item.kind === 'fault') walk.problems.add(item.problem);
    else
      visitValue(
        item.value,
        { text: null, place: { file: walk.file, findLine: () => line } },
        walk,
      );
  }
}

/** Faults after which the rest of a file is not read: it is no catalog, but may be large. */
const MOST_FAULTS = 5_000;

function isHopeless({ file, problems }: Walk, lineOf: () => number): boolean {
  if (problems.count() < MOST_FAULTS) return false;
  problems.add({
    ...syntaxProblem(
      `The rest of the file was not read: it has ${MOST_FAULTS.toLocaleString('en-US')} faults up to here.`,
      { file, line: lineOf() },
    ),
    hint: 'If it is no file of a catalog, remove it, or name it in a .indexignore file.',
  });
  return true;
}

/** Objects that never close are looked through to the end each time, so only so often. */
const MAX_RESTARTS = 50;

// After a fault, reading goes on behind the object, or at the next line that starts with a brace.
function findNextObject(
  outcome: JsonObjectOutcome & { readonly kind: 'fault' },
  start: number,
  { bytes, problems }: Walk,
): number | null {
  if (outcome.end !== null) return skipSpace(bytes, outcome.end);
  if (problems.count() > MAX_RESTARTS) return null;
  let newline = bytes.indexOf(0x0a, start);
  while (newline !== -1 && bytes[newline + 1] !== 0x7b) newline = bytes.indexOf(0x0a, newline + 1);
  return newline === -1 ? null : newline + 1;
}
