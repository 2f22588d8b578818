import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv';

/** Judges values by one JSON Schema. */
export interface SchemaCheck<T> {
  readonly schema: AnySchemaObject;
  accepts(value: unknown): value is T;
  /** Every fault at once; none where the value is accepted. */
  listErrors(value: unknown): readonly ErrorObject[];
}

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strictTypes: false,
  discriminator: true,
  keywords: ['patternErrorMessage'],
});

/** Compiles the schema when it is first used: most commands need few of the schemas, and some none. */
export function createSchemaCheck<T>(schema: AnySchemaObject): SchemaCheck<T> {
  let compiled: ValidateFunction<T> | null = null;
  function compile(): ValidateFunction<T> {
    compiled ??= ajv.compile<T>(schema);
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
