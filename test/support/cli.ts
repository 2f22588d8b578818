import { join } from 'node:path';

/** The command that tests run: the bundle that `npm test` made, else the sources. */
export const CLI: string =
  process.env['OLMIRROR_TEST_CLI'] ?? join(import.meta.dirname, '../../src/cli/olmirror.ts');
