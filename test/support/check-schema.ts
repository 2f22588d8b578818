import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

const ajv = new Ajv({
  allErrors: true,
  strictTypes: false,
  discriminator: true,
  keywords: ['patternErrorMessage'],
});

/** The check of `schemas/<name>.schema.json`. */
export function compileSchema<T>(name: string): ValidateFunction<T> {
  const file = new URL(`../../schemas/${name}.schema.json`, import.meta.url);
  return ajv.compile<T>(JSON.parse(readFileSync(file, 'utf8')));
}

/** The one JSON document in a text, which must be what its schema describes. */
export function parseChecked<T>(check: ValidateFunction<T>, text: string): T {
  const document: unknown = JSON.parse(text);
  if (check(document)) return document;
  return assert.fail(JSON.stringify(check.errors));
}
