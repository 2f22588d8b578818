import type { TestContext } from 'node:test';
import fc from 'fast-check';

/** Each law is tried so often. */
const RUNS = 2_000;

/**
 * Tries a property; the seed is printed whether or not it holds, so that any run can be repeated:
 * `OLMIRROR_SEED=… npm test -- FILE`.
 */
export function checkLaw<T>(
  context: TestContext,
  property: fc.IRawProperty<T, false>,
  runs: number = RUNS,
): void {
  const given = process.env['OLMIRROR_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(given);
  context.diagnostic(`seed ${seed}, ${runs} runs`);
  fc.assert(property, { numRuns: runs, seed });
}
