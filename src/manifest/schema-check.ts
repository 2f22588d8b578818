import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv';
import { compileSchema } from './compile-schema.ts';

/** Judges values by one JSON Schema. */
export interface SchemaCheck<T> {
  readonly schema: AnySchemaObject;
  accepts(value: unknown): value is T;
  /** Every fault at once; none where the value is accepted. */
  listErrors(value: unknown): readonly ErrorObject[];
}

/** Compiles the schema when it is first used: most commands need few of the schemas, and some none. */
export function createSchemaCheck<T>(schema: AnySchemaObject): SchemaCheck<T> {
  let compiled: ValidateFunction<T> | null = null;
  function compile(): ValidateFunction<T> {
    compiled ??= compileSchema<T>(schema);
    return compiled;
  }
  return {
    schema,
    accepts: (value): value is T => compile()(value),
    listErrors(value) {
      const validate = compile();
      return validate(value) ? [] : (validate.errors ?? []);
    },
  };
}
