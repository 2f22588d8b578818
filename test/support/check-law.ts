import fc from 'fast-check';

/** Checks a property 2,000 times and prints its seed even where it passes, so that any run can be repeated. */
export function checkLaw<T>(property: fc.IProperty<T>, runs = 2_000): void {
  const details = fc.check(property, { numRuns: runs });
  if (details.failed)
    throw new Error(fc.defaultReportMessage(details) ?? 'failed', { cause: details.errorInstance });
  process.stdout.write(`# seed ${details.seed}, ${details.numRuns} runs\n`);
}
