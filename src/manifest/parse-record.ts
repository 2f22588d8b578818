import type { ErrorCode } from '../base/error-codes.ts';
import { formatPlace, type Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import type { SchemaCheck } from './schema-check.ts';
import { buildSchemaProblems } from './schema-problems.ts';
import { parseYamlDocument, type YamlDocument } from './yaml-document.ts';

/** Reads a YAML file that olmirror wrote. Throws `MANIFEST_RECORD_INVALID`, which names every fault and its place. */
export function parseRecord<T>(text: string, file: string, check: SchemaCheck<T>): T {
  const read = readChecked(text, file, { check, code: 'MANIFEST_RECORD_INVALID' });
  if (read.value !== null) return read.value;
  throw new ToolError(
    'MANIFEST_RECORD_INVALID',
    `The record ${file} cannot be read.\n${formatFaults(read.problems)}`,
    { hint: 'olmirror wrote this file: restore it from Git.' },
  );
}

/** One fault a line, each with its place. */
export function formatFaults(problems: readonly Problem[]): string {
  return problems.map((problem) => `${formatPlace(problem)}: ${problem.message}`).join('\n');
}

export interface CheckedKind<T> {
  readonly check: SchemaCheck<T>;
  /** Of faults against the schema. */
  readonly code: ErrorCode;
}

export type CheckedFile<T> =
  | { readonly value: T; readonly document: YamlDocument; readonly problems: readonly [] }
  | { readonly value: null; readonly document: null; readonly problems: readonly Problem[] };

/** Reads a YAML file that has a schema, or lists every fault of it with its place. */
export function readChecked<T>(
  text: string,
  file: string,
  { check, code }: CheckedKind<T>,
): CheckedFile<T> {
  const { document, problem } = parseYamlDocument(text, file);
  if (document === null) return { value: null, document: null, problems: [problem] };
  const { value } = document;
  if (check.accepts(value)) return { value, document, problems: [] };
  const problems = buildSchemaProblems(document, check.listErrors(value), {
    code,
    schema: check.schema,
  });
  return { value: null, document: null, problems };
}
