import type { Problem } from '../base/problem.ts';
import type { ToolError } from '../base/tool-error.ts';

/** A file of a catalog, with its bytes, or with the place to read them from when its turn comes. */
export interface FileSource {
  /** As problems name it. */
  readonly path: string;
  readonly size: number;
  readonly content: string | Uint8Array;
}

/** The fault of a file that cannot be read, beside those of files that can. */
export function toProblem(path: string, error: ToolError): Problem {
  const { code, message, hint } = error;
  const place = { file: path, line: 1 };
  return { severity: 'error', code, message, ...(hint === undefined ? {} : { hint }), ...place };
}
