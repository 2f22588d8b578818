import { isToolError, type ToolError } from '../base/tool-error.ts';
import { typeOfItem } from '../plan/item.ts';
import type { Outcome, OutcomeKind, Step } from '../plan/types.ts';

/** How one step ended, with one outcome for each of its items. */
export interface StepResult {
  readonly step: Step;
  readonly kind: OutcomeKind;
  readonly code: Outcome['code'];
  readonly message: string | null;
  readonly outcomes: readonly Outcome[];
}

/** What happened to an item, or to the step as a whole. */
export type Ending = Pick<Outcome, 'kind' | 'message' | 'code'>;

export const COPIED: Ending = { kind: 'copied', message: null, code: null };
export const IN_SYNC: Ending = { kind: 'in-sync', message: null, code: null };

/** The ending of what a pass that was stopped did not begin; a lock that was lost says so. */
export function endBefore(stop: AbortSignal): Ending {
  const reason: unknown = stop.reason;
  if (isToolError(reason, 'APPLY_LOCK_LOST'))
    return { kind: 'deferred', message: `Not begun. ${reason.message}`, code: reason.code };
  return {
    kind: 'deferred',
    message: 'Interrupted before it was begun.',
    code: 'APPLY_INTERRUPTED',
  };
}

/** Ends every item of the step alike, save those that `special` names. */
export function buildResult(
  step: Step,
  ending: Ending,
  special: ReadonlyMap<string, Ending> = new Map(),
): StepResult {
  const outcomes = step.items.map(
    (item): Outcome => ({ item, type: typeOfItem(item), ...(special.get(item) ?? ending) }),
  );
  return { step, ...ending, outcomes };
}

/** Turns an expected failure into an ending; a bug of ours is thrown on. */
export function endWith(error: unknown): Ending {
  if (!isToolError(error)) throw error;
  const message = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return { kind: kindOf(error), message, code: error.code };
}

/** Whether the pass was stopped, rather than that something went wrong. */
export function isCutOff({ code }: ToolError): boolean {
  return code === 'APPLY_INTERRUPTED' || code === 'APPLY_LOCK_LOST';
}

function kindOf(error: ToolError): OutcomeKind {
  if (isCutOff(error)) return 'deferred';
  const refused = error.code === 'APPLY_TAG_CONFLICT' || error.code === 'APPLY_CLOSURE';
  return refused && error.disposition === 'stall' ? 'refused' : 'failed';
}

export function isDone(ending: Pick<Ending, 'kind'>): boolean {
  return ending.kind === 'copied' || ending.kind === 'in-sync';
}
