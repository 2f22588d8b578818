import fc from 'fast-check';

/** Checks a property 2,000 times and prints its seed even where it passes: a later failure can be compared. */
export function checkLaw<T>(property: fc.IProperty<T>, runs = 2_000): void {
  const details = fc.check(property, { numRuns: runs });
  if (details.failed) throw new Error(fc.defaultReportMessage(details));
  process.stdout.write(`# seed ${details.seed}, ${details.numRuns} runs\n`);
}
