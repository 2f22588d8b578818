import type { PassEvent } from '../base/events.ts';

const DONE_WORDS = { tag: 'tagged', push: 'pushed', index: 'moved' } as const;

/** All that a step wrote is `copied` in the report; a person reads what kind of step it was. */
export function formatStepResult(event: Extract<PassEvent, { kind: 'step-finished' }>): string {
  const word = Object.entries(DONE_WORDS).find(([kind]) => event.id.startsWith(`${kind} `))?.[1];
  return event.result === 'copied' && word !== undefined ? word : event.result;
}
