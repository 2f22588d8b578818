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

/** Ids of the copies of some megabytes at most, and of the steps that only give a tag. An index is asked for layer by layer, even where only its tag moves. */
export function listSmall(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(
    steps
      .filter(({ kind, bytes }) => kind === 'tag' || (kind === 'copy' && bytes <= SMALL_BYTES))
      .map(({ id }) => id),
  );
}
