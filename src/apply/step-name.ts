import type { Step } from '../plan/types.ts';

export type StepName = Pick<Step, 'id'> & { readonly title: string };

/** What a step is called in events and the journal. */
export function nameStep(step: Step): StepName {
  return { id: step.id, title: titleOf(step) };
}

function titleOf(step: Step): string {
  if (step.kind !== 'copy') return `${step.repository}:${step.tag}`;
  return `${step.to.repository}@${step.digest.slice(0, 'sha256:'.length + 12)}`;
}
