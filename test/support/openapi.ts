import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

type Json = Readonly<Record<string, unknown>>;

/** Judges requests and answers by an OpenAPI document. */
export interface OpenApi {
  /** Throws where the document has no such operation, or wants another query or body. */
  checkRequest(
    method: string,
    path: string,
    rest: { readonly query: URLSearchParams; readonly body: unknown },
  ): void;
  /** What the document wants at least of an answer, with these fields in place. */
  makeAnswer(
    method: string,
    path: string,
    answer: { readonly status: number; readonly fields: unknown },
  ): unknown;
}

export function readOpenApi(file: string): OpenApi {
  const document = objectOf(JSON.parse(readFileSync(file, 'utf8')));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(objectOf(allowNull(document)), 'document');
  const compiled = new Map<string, ValidateFunction>();
  function check(pointer: readonly string[], value: unknown, what: string): void {
    const reference = `document#/${pointer.map(escapePointer).join('/')}`;
    const validate = compiled.get(reference) ?? ajv.compile({ $ref: reference });
    compiled.set(reference, validate);
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}`);
  }
  function find(
    method: string,
    path: string,
  ): { readonly pointer: string[]; readonly operation: Json } {
    const paths = objectOf(document['paths']);
    const template = Object.keys(paths).find((candidate) =>
      new RegExp(`^${candidate.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    );
    assert.ok(template !== undefined, `no path ${path}`);
    const operation = objectOf(paths[template])[method.toLowerCase()];
    assert.ok(operation !== undefined, `no ${method} ${path}`);
    return { pointer: ['paths', template, method.toLowerCase()], operation: objectOf(operation) };
  }
  return {
    checkRequest(method, path, { query, body }) {
      const { pointer, operation } = find(method, path);
      const parameters = listOf(operation['parameters']).map((entry) => resolve(document, entry));
      for (const [name, text] of query) {
        const parameter = parameters.find(
          (entry) => entry['name'] === name && entry['in'] === 'query',
        );
        assert.ok(parameter !== undefined, `${method} ${path}: no query ${name}`);
        const { type } = objectOf(parameter['schema']);
        const validate = ajv.compile(objectOf(parameter['schema']));
        assert.ok(validate(type === 'integer' ? Number(text) : text), `${name}=${text}`);
      }
      if (operation['requestBody'] === undefined) return;
      check(
        [...pointer, 'requestBody', 'content', 'application/json', 'schema'],
        body,
        `${method} ${path}`,
      );
    },
    makeAnswer(method, path, { status, fields }) {
      const { pointer, operation } = find(method, path);
      const response = resolve(document, objectOf(operation['responses'])[String(status)]);
      const schema = objectOf(objectOf(response['content'])['application/json'])['schema'];
      const value = overlay(sample(document, schema), fields, () =>
        sample(document, itemsOf(document, schema)),
      );
      check(
        [...pointer, 'responses', String(status), 'content', 'application/json', 'schema'],
        value,
        `answer to ${method} ${path}`,
      );
      return value;
    },
  };
}

function itemsOf(document: Json, schema: unknown): unknown {
  return resolve(document, schema)['items'];
}

/** The least that a schema wants. */
function sample(document: Json, schema: unknown): unknown {
  const known = resolve(document, schema);
  if (known['nullable'] === true) return null;
  for (const kind of ['anyOf', 'oneOf'])
    if (known[kind] !== undefined) return sample(document, listOf(known[kind])[0]);
  if (known['allOf'] !== undefined)
    return Object.assign({}, ...listOf(known['allOf']).map((part) => sample(document, part)));
  if (Array.isArray(known['enum'])) return known['enum'][0];
  const plain = PLAIN[String(known['type'])];
  if (plain !== undefined) return plain;
  const properties = objectOf(known['properties'] ?? {});
  const required = listOf(known['required'] ?? []).map(String);
  return Object.fromEntries(
    required.map((name) => [name, sample(document, properties[name] ?? {})]),
  );
}

const PLAIN: Json = { array: [], boolean: false, integer: 1, number: 1, string: 'text' };

function overlay(base: unknown, fields: unknown, makeEntry: () => unknown): unknown {
  if (Array.isArray(fields)) return fields.map((entry) => overlay(makeEntry(), entry, () => ({})));
  if (typeof fields !== 'object' || fields === null) return fields;
  const under = typeof base === 'object' && base !== null ? { ...base } : {};
  const over = Object.entries(fields).map(([name, value]) => [
    name,
    overlay(Object.getOwnPropertyDescriptor(under, name)?.value, value, () => ({})),
  ]);
  return { ...under, ...Object.fromEntries(over) };
}

/** JSON Schema for what OpenAPI 3.0 calls `nullable`. */
function allowNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(allowNull);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = objectOf(value);
  const inner = Object.fromEntries(
    Object.entries(rest).map(([key, entry]) => [key, allowNull(entry)]),
  );
  return nullable === true ? { anyOf: [inner, { type: 'null' }] } : inner;
}

function resolve(document: Json, schema: unknown): Json {
  const value = objectOf(schema ?? {});
  const reference = value['$ref'];
  if (typeof reference !== 'string') return value;
  const found = reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => objectOf(at)[name], document);
  return resolve(document, found);
}

function objectOf(value: unknown): Json {
  assert.ok(typeof value === 'object' && value !== null, 'an object was expected');
  return { ...value };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
