import type { AnySchemaObject, ErrorObject } from 'ajv';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Problem } from '../base/problem.ts';
import { findNearest } from '../base/text.ts';
import type { SchemaCheck } from './schema-check.ts';
import { formatValuePath, readPart, type ValuePath, type YamlDocument } from './yaml-document.ts';

export interface ProblemOptions {
  readonly code: ErrorCode;
  readonly schema: AnySchemaObject;
}

interface Finding {
  readonly path: ValuePath;
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint: string;
}

/** One problem per fault that ajv found (with `verbose`), in the order of the text. */
export function buildSchemaProblems(
  document: YamlDocument,
  errors: readonly ErrorObject[],
  options: ProblemOptions,
): readonly Problem[] {
  const problems = errors.map((error) =>
    buildProblem(document, describeError(document.value, error, options.schema), options.code),
  );
  return problems.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

/** One sentence per fault that ajv found, which names the path in the value: `steps[0].id is …`. */
export function listSchemaFaults(value: unknown, check: SchemaCheck<unknown>): readonly string[] {
  return check.listErrors(value).map((error) => describeError(value, error, check.schema).message);
}

/** Path that an ajv error is about. */
export function readErrorPath(value: unknown, error: ErrorObject): ValuePath {
  let current = value;
  const path: (string | number)[] = [];
  for (const text of error.instancePath.split('/').slice(1)) {
    const name = text.replaceAll('~1', '/').replaceAll('~0', '~');
    const part = Array.isArray(current) ? Number(name) : name;
    path.push(part);
    current = readPart(current, part);
  }
  return path;
}

function buildProblem(document: YamlDocument, finding: Finding, code: ErrorCode): Problem {
  const place =
    finding.at === 'key' ? document.placeOfKey(finding.path) : document.placeOf(finding.path);
  return {
    severity: 'error',
    code,
    message: finding.message,
    hint: finding.hint,
    file: document.file,
    ...place,
  };
}

function describeError(value: unknown, error: ErrorObject, schema: AnySchemaObject): Finding {
  const path = readErrorPath(value, error);
  if (error.keyword === 'additionalProperties') return describeUnknownField(path, error, schema);
  if (error.keyword === 'required') return describeMissingField(path, error);
  if (error.keyword === 'discriminator') return describeUnknownKind(path, error);
  const found = `${formatName(path)} is ${formatFound(error.data)}`;
  return {
    path,
    at: 'value',
    message: `${found}, but ${formatExpected(error)} is expected.`,
    hint: formatHint(error),
  };
}

function describeUnknownField(
  path: ValuePath,
  error: ErrorObject,
  schema: AnySchemaObject,
): Finding {
  const name = String(readPart(error.params, 'additionalProperty'));
  const known = Object.keys(propertiesOf(error.parentSchema));
  const nearest = findNearest(name, known);
  const elsewhere = findField(schema, name);
  const guess =
    nearest === null
      ? elsewhere && `The field "${name}" belongs at ${elsewhere}.`
      : `Did you mean "${nearest}"?`;
  return {
    path: [...path, name],
    at: 'key',
    message: `${formatName(path)} has an unknown field "${name}".`,
    hint: guess ?? `Known fields here: ${known.join(', ')}.`,
  };
}

function describeMissingField(path: ValuePath, error: ErrorObject): Finding {
  const name = String(readPart(error.params, 'missingProperty'));
  const description = readPart(propertiesOf(error.parentSchema)[name], 'description');
  return {
    path,
    at: 'key',
    message: `${formatName(path)} lacks the field "${name}".`,
    hint:
      typeof description === 'string'
        ? `Add "${name}": ${description}`
        : `Add the field "${name}".`,
  };
}

function describeUnknownKind(path: ValuePath, error: ErrorObject): Finding {
  const field = [...path, String(readPart(error.params, 'tag'))];
  const found = formatFound(readPart(error.params, 'tagValue'));
  return {
    path,
    at: 'value',
    message: `${formatName(field)} is ${found}, which is none of the kinds that are known here.`,
    hint: 'See the schema of this file.',
  };
}

function formatExpected(error: ErrorObject): string {
  const schema = error.parentSchema ?? {};
  const say: unknown = schema['patternErrorMessage'];
  switch (error.keyword) {
    case 'type':
      return [schema['type']].flat().map(formatType).join(' or ');
    case 'const':
      return formatValue(schema['const']);
    case 'enum':
      return `one of ${[schema['enum']].flat().map(formatBare).join(', ')}`;
    case 'pattern':
      return typeof say === 'string' ? say : 'another form';
    case 'minLength':
    case 'minItems':
      return 'at least one entry';
    case 'minimum':
      return `at least ${String(readPart(error.params, 'limit'))}`;
    case 'uniqueItems':
      return 'a list without repetitions';
    default:
      return `something that ${error.message ?? 'the schema accepts'}`;
  }
}

function formatHint(error: ErrorObject): string {
  const schema = error.parentSchema ?? {};
  const { data } = error;
  if (
    error.keyword === 'type' &&
    [schema['type']].flat().includes('string') &&
    (typeof data === 'number' || typeof data === 'boolean')
  )
    return 'Put it in quotes.';
  if ((error.keyword === 'enum' || error.keyword === 'const') && typeof data === 'string') {
    const nearest = findNearest(
      data,
      [schema['enum'] ?? schema['const']].flat().filter((value) => typeof value === 'string'),
    );
    if (nearest !== null) return `Did you mean "${nearest}"?`;
  }
  const description: unknown = schema['description'];
  return typeof description === 'string' ? description : 'See the schema of this file.';
}

// Searches the schema, breadth first, for where a field of this name is known.
function findField(schema: AnySchemaObject, name: string): string | null {
  const queue: { readonly at: string; readonly schema: unknown }[] = [{ at: '', schema }];
  for (const item of queue) {
    for (const [field, value] of Object.entries(propertiesOf(item.schema))) {
      const at = item.at === '' ? field : `${item.at}.${field}`;
      if (field === name) return at;
      queue.push({ at, schema: value }, { at: `${at}[]`, schema: readPart(value, 'items') });
    }
  }
  return null;
}

function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> {
  const properties = readPart(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? { ...properties } : {};
}

function formatName(path: ValuePath): string {
  return path.length === 0 ? 'The document' : formatValuePath(path);
}

function formatType(type: unknown): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    object: 'a mapping',
    array: 'a list',
    boolean: 'true or false',
    integer: 'a whole number',
    null: 'null',
  };
  return names[String(type)] ?? String(type);
}

function formatFound(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  if (typeof value === 'number') return `the number ${value}`;
  return formatValue(value);
}

function formatValue(value: unknown): string {
  if (value === '') return 'empty';
  return JSON.stringify(value) ?? 'nothing';
}

function formatBare(value: unknown): string {
  return typeof value === 'string' ? value : formatValue(value);
}
