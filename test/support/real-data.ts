import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(
  import.meta.dirname,
  '../..',
  process.env['OLMIRROR_TEST_DATA'] ?? '../shared',
);

/** A folder or file of the real data, and why a test of it is skipped: false where it is there. */
export function findRealData(path: string): {
  readonly path: string;
  readonly skip: false | string;
} {
  const full = resolve(ROOT, 'data', path);
  return { path: full, skip: existsSync(full) ? false : `OLMIRROR_TEST_DATA has no data/${path}` };
}
