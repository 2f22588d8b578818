import { ToolError } from '../base/tool-error.ts';
import { isHoldCode } from '../plan/hold-codes.ts';
import type { Outcome, Step } from '../plan/types.ts';
import { checkClosure, type Naming } from './check-closure.ts';
import type { PassContext } from './pass-context.ts';
import type { ClosureEntry } from './port.ts';
import { retryStep } from './retry.ts';
import { nameStep } from './step-name.ts';
import { type Ending, isDone, type StepResult } from './step-result.ts';

/**
 * Why what names images must not come yet: a step that one of them rests on was not done, or one is not seen in the
 * serving registry. Null where it may. Throws `APPLY_CLOSURE`, save where images only wait for a hold.
 */
export async function findClosureObstacle(
  context: PassContext,
  results: readonly StepResult[],
  { step, ...naming }: Naming & { readonly step: Step },
): Promise<Ending | null> {
  const waiting = findUnsettled(naming.entries, results);
  if (waiting !== null && isHoldCode(waiting.bad.code)) return endHeld(waiting.bad);
  if (waiting !== null) throw notSettled(naming, waiting);
  await retryStep(context, nameStep(step), () => checkClosure(context, naming));
  return null;
}

interface Unsettled {
  readonly bad: Outcome;
  readonly label: string;
}

// A refused tag keeps back what needs its image, even where the image itself is there.
function findUnsettled(
  entries: readonly ClosureEntry[],
  results: readonly StepResult[],
): Unsettled | null {
  const names = new Map(
    entries.flatMap((entry) =>
      ['@', ':'].map(
        (sign) => [`${entry.repository}${sign}${entry.reference}`, entry.label] as const,
      ),
    ),
  );
  const found = results.flatMap(({ outcomes }) => {
    const named = outcomes.find((outcome) => names.has(outcome.item));
    const bad = named === undefined ? undefined : outcomes.find((outcome) => !isDone(outcome));
    if (named === undefined || bad === undefined) return [];
    return [{ bad, label: names.get(named.item) ?? named.item }];
  });
  return found.find(({ bad }) => !isHoldCode(bad.code)) ?? found[0] ?? null;
}

// Images of it wait for a window, say: so does what names them, and nothing is wrong.
function endHeld({ message, code }: Outcome): Ending {
  return { kind: 'deferred', message, code };
}

function notSettled(
  { subject, held }: Pick<Naming, 'subject' | 'held'>,
  { bad, label }: Unsettled,
): ToolError {
  const message = `${subject} ${held}: ${bad.item}, needed for ${label}, is ${bad.kind}.`;
  return new ToolError('APPLY_CLOSURE', message, { hint: 'Settle that first, then apply again.' });
}
