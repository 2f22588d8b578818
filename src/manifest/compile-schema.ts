import { Ajv, type AnySchemaObject, type Options, type ValidateFunction } from 'ajv';

/**
 * How every schema is compiled, at build time or here.
 *
 * @internal
 */
export const AJV_OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  strictTypes: false,
  discriminator: true,
  keywords: ['patternErrorMessage'],
};

const ajv = new Ajv(AJV_OPTIONS);

/**
 * Makes the function that judges values by a schema. Where the program runs from its build, this
 * module is another, which has the functions of all schemas compiled (`scripts/build.mjs`):
 * compiling one takes longer than a whole short command.
 */
export function compileSchema<T>(schema: AnySchemaObject): ValidateFunction<T> {
  return ajv.compile<T>(schema);
}
