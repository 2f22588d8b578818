import { formatPlace, type Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import type { SchemaCheck } from './schema-check.ts';
import { buildSchemaProblems } from './schema-problems.ts';
import { parseYamlDocument } from './yaml-document.ts';

/** Reads a YAML file that olmirror wrote. Throws `MANIFEST_RECORD_INVALID`, which names every fault and its place. */
export function parseRecord<T>(text: string, file: string, check: SchemaCheck<T>): T {
  const { document, problem } = parseYamlDocument(text, file);
  if (document === null) throw invalid(file, [problem]);
  const { value } = document;
  if (check.accepts(value)) return value;
  const { schema } = check;
  throw invalid(
    file,
    buildSchemaProblems(document, check.listErrors(value), {
      code: 'MANIFEST_RECORD_INVALID',
      schema,
    }),
  );
}

function invalid(file: string, problems: readonly Problem[]): ToolError {
  const list = problems.map((problem) => `${formatPlace(problem)}: ${problem.message}`).join('\n');
  return new ToolError('MANIFEST_RECORD_INVALID', `The record ${file} cannot be read.\n${list}`, {
    hint: 'olmirror wrote this file: restore it from Git.',
  });
}
