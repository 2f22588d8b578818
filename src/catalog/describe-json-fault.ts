import type { Problem } from '../base/problem.ts';
import { decodeText } from './blob-text.ts';
import { syntaxProblem } from './build-blob.ts';
import type { LineIndex } from './line-index.ts';
import { locateJsonError } from './locate-json-error.ts';
import { MAX_DEPTH } from './parse-json.ts';
import type { JsonObjectFault } from './read-json-object.ts';

/** A stretch of a file that should have been one JSON object. */
export interface FaultySpan {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly start: number;
  /** End of the file where the object never ends. */
  readonly end: number;
  readonly lines: LineIndex;
}

/** Says what is wrong with the object, and where. */
export function describeJsonFault(span: FaultySpan, fault: JsonObjectFault): Problem {
  switch (fault) {
    case 'no-object':
      return problemAt(span, 0, 'A JSON object was expected here.');
    case 'too-deep':
      return problemAt(span, 0, `The object is nested more than ${MAX_DEPTH} deep.`);
    case 'too-long':
      return problemAt(span, 0, 'The object is larger than 512 MB.');
    case 'syntax': {
      const found = locateJsonError(decodeText(span));
      const reason = found?.reason ?? 'the object cannot be read';
      return problemAt(span, found?.offset ?? 0, `This is not JSON: ${reason}.`);
    }
  }
}

/** `offset` counts UTF-16 units from the start of the span. */
function problemAt(span: FaultySpan, offset: number, message: string): Problem {
  const { bytes, file, start, lines } = span;
  const before = offset === 0 ? [''] : decodeText(span).slice(0, offset).split('\n');
  const last = before.at(-1)?.length ?? 0;
  return syntaxProblem(message, {
    file,
    line: lines.lineAt(start) + before.length - 1,
    column: before.length === 1 ? columnOf(bytes, start) + last : last + 1,
  });
}

function columnOf(bytes: Uint8Array, at: number): number {
  const start = at === 0 ? 0 : bytes.lastIndexOf(0x0a, at - 1) + 1;
  return decodeText({ bytes, start, end: at }).length + 1;
}
