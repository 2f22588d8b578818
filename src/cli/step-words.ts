import type { PassEvent } from '../base/events.ts';
import { formatCount } from '../base/text.ts';

const DONE_WORDS = { tag: 'tagged', push: 'pushed', index: 'moved' } as const;

/** All that a step wrote is `copied` in the report; a person reads what kind of step it was. */
export function formatStepResult(event: Extract<PassEvent, { kind: 'step-finished' }>): string {
  const word = Object.entries(DONE_WORDS).find(([kind]) => event.id.startsWith(`${kind} `))?.[1];
  return event.result === 'copied' && word !== undefined ? word : event.result;
}

const NAMED = 3;

/** What became of the steps that ran when a pass was told to stop. */
export function formatInterruptEnd({
  ended,
  abandoned,
  left,
}: Extract<PassEvent, { kind: 'interrupt-ended' }>): string {
  const names = abandoned.slice(0, NAMED).join(', ') + (abandoned.length > NAMED ? ', …' : '');
  const cut =
    abandoned.length === 0
      ? 'nothing was cut off'
      : `${formatCount(abandoned.length, 'step')} cut off (${names}), which the next pass begins again`;
  return `${formatCount(ended, 'step')} ended in time, ${cut}, ${formatCount(left, 'step')} not begun`;
}
