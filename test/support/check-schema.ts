import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';

const ajv = new Ajv({
  allErrors: true,
  strictTypes: false,
  discriminator: true,
  keywords: ['patternErrorMessage'],
});

// Other schemas refer to these.
for (const name of ['report', 'reconciler', 'plan']) ajv.addSchema(readSchema(name));

function readSchema(name: string): AnySchemaObject {
  const file = new URL(`../../schemas/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The check of `schemas/<name>.schema.json`. */
export function compileSchema<T>(name: string): ValidateFunction<T> {
  const schema = readSchema(name);
  return ajv.getSchema<T>(schema['$id'] ?? name) ?? ajv.compile<T>(schema);
}

/** The one JSON document in a text, which must be what its schema describes. */
export function parseChecked<T>(check: ValidateFunction<T>, text: string): T {
  const document: unknown = JSON.parse(text);
  if (check(document)) return document;
  return assert.fail(JSON.stringify(check.errors));
}
