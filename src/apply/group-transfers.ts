import type { CopyStep, TagStep } from '../plan/types.ts';

export type Transfer = CopyStep | TagStep;

const MOST_TOGETHER = 16;
/** Of each copy at a time: so that all are busy to the end, and a batch that fails costs the others little. */
const BATCHES_EACH = 4;
/** How far ahead of a step others are looked for. */
const STEPS_AHEAD = 256;

export interface GroupOptions {
  /** Those whose images may go with others: they wait for no other one, nor another one for them. */
  readonly joining: ReadonlySet<Transfer>;
  /** Copies at a time. */
  readonly copies: number;
}

/**
 * Puts steps into groups that run side by side, in the order of the plan save that a step may move ahead of steps for
 * other repositories; a group has no repository twice. Every step is in one group, most often alone.
 */
export function groupTransfers(
  steps: readonly Transfer[],
  { joining, copies }: GroupOptions,
): readonly (readonly Transfer[])[] {
  const size = Math.min(MOST_TOGETHER, Math.ceil(joining.size / (copies * BATCHES_EACH)));
  const taken = new Set<Transfer>();
  return steps.flatMap((step, place) => {
    if (taken.has(step)) return [];
    if (size < 2 || !joining.has(step)) return [[step]];
    const passed = new Set([repositoryOf(step)]);
    const group = [step];
    for (const next of steps.slice(place + 1, place + 1 + STEPS_AHEAD)) {
      if (group.length === size) break;
      if (taken.has(next)) continue;
      const repository = repositoryOf(next);
      if (joining.has(next) && !passed.has(repository)) {
        group.push(next);
        taken.add(next);
      }
      passed.add(repository);
    }
    return [group];
  });
}

/** Where the step writes. */
export function repositoryOf(step: Transfer): string {
  return step.kind === 'copy' ? step.to.repository : step.repository;
}
