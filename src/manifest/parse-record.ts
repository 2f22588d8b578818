import type { ValidateFunction } from 'ajv';
import { formatPlace, type Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { buildSchemaProblems } from './schema-problems.ts';
import { parseYamlDocument } from './yaml-document.ts';

/** Reads a YAML file that olmirror wrote. Throws `MANIFEST_RECORD_INVALID`, which names every fault and its place. */
export function parseRecord<T>(text: string, file: string, check: ValidateFunction<T>): T {
  const { document, problem } = parseYamlDocument(text, file);
  if (document === null) throw invalid(file, [problem]);
  if (check(document.value)) return document.value;
  const schema = typeof check.schema === 'object' ? check.schema : {};
  throw invalid(
    file,
    buildSchemaProblems(document, check.errors ?? [], { code: 'MANIFEST_RECORD_INVALID', schema }),
  );
}

function invalid(file: string, problems: readonly Problem[]): ToolError {
  const list = problems.map((problem) => `${formatPlace(problem)}: ${problem.message}`).join('\n');
  return new ToolError('MANIFEST_RECORD_INVALID', `The record ${file} cannot be read.\n${list}`, {
    hint: 'olmirror wrote this file: restore it from Git.',
  });
}
