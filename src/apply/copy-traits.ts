import type { Step } from '../plan/types.ts';

/** Ids of the copies that have a large layer in common with others. */
export function listSharing(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(
    steps.flatMap((step) =>
      step.kind === 'copy' && step.after !== undefined ? [step.id, ...step.after] : [],
    ),
  );
}

const SMALL_BYTES = 4_000_000;

/** Ids of the copies of some megabytes at most. */
export function listSmall(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(
    steps.flatMap((step) => (step.kind === 'copy' && step.bytes <= SMALL_BYTES ? [step.id] : [])),
  );
}
