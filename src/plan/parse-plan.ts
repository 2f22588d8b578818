import { messageOf, ToolError } from '../base/tool-error.ts';
import { hashPlan } from './hash-plan.ts';
import type { Plan } from './types.ts';

/**
 * Reads a plan that `plan --out` saved. Throws `PLAN_INVALID` for what is no plan, and for one
 * whose content is not what its hash was made from: a plan is approved by its hash.
 */
export function parsePlan(text: string, file: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(file, `it is not JSON (${messageOf(error)})`);
  }
  if (!isPlan(value)) throw invalid(file, 'it is not a saved plan of olmirror/v1alpha1');
  const hash = hashPlan(value);
  if (hash !== value.hash)
    throw invalid(
      file,
      `its content gives the hash ${hash}, but it says ${value.hash}: it was edited after it was made`,
    );
  return value;
}

function isPlan(value: unknown): value is Plan {
  const plan = value as Partial<Plan> | null;
  return (
    typeof plan === 'object' &&
    plan !== null &&
    plan.apiVersion === 'olmirror/v1alpha1' &&
    plan.kind === 'Plan' &&
    Array.isArray(plan.steps) &&
    Array.isArray(plan.settled) &&
    typeof plan.hash === 'string'
  );
}

function invalid(file: string, why: string): ToolError {
  return new ToolError('PLAN_INVALID', `${file} cannot be applied: ${why}. Nothing was written.`, {
    hint: 'Make a new plan with `olmirror plan --out FILE`.',
  });
}
