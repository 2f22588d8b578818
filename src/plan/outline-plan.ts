import { isDeepStrictEqual } from 'node:util';
import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Approval, PlanOutline } from './control-types.ts';
import type { Plan, Step } from './types.ts';

/** What of a plan is kept so that somebody can approve it. */
export function outlinePlan({ hash, mirror, revision, binding, steps }: Plan): PlanOutline {
  return {
    hash,
    mirror,
    revision,
    binding,
    steps: steps.map((step) => ({ id: step.id, hash: hashStep(step) })),
  };
}

/**
 * Whether a plan was approved, as a whole or as what is left of one: of the same manifest and catalogs, and every
 * step of it one of those that were approved, so that a pass that was cut off goes on without being approved anew.
 */
export function isApproved(plan: Plan, approval: Approval | null): boolean {
  if (approval === null) return false;
  const { hash, mirror, binding, steps } = approval.plan;
  if (plan.hash === hash) return true;
  if (plan.mirror !== mirror || !isDeepStrictEqual(plan.binding, binding)) return false;
  const approved = new Set(steps.map((step) => step.hash));
  return plan.steps.every((step) => approved.has(hashStep(step)));
}

/** Whether a hash, or the beginning of one with 12 hex digits at least, is that of a plan. */
export function fitsHash(asked: string, hash: Digest): boolean {
  const hex = asked.toLowerCase().replace(/^sha256:/, '');
  return /^[0-9a-f]{12,64}$/.test(hex) && hash.startsWith(`sha256:${hex}`);
}

// Why, in which order and with how many bytes a step is taken hangs on the other steps; what it does, does not.
function hashStep(step: Step): Digest {
  const { reason: _reason, bytes: _bytes, ...what } = step;
  const content = { ...what, after: undefined };
  return digestOf(canonicalize(content) ?? '');
}
