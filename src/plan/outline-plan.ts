import { isDeepStrictEqual } from 'node:util';
import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Approval, PlanOutline } from './control-types.ts';
import { findStaleBinding } from './find-stale.ts';
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

/** What is otherwise in a plan than in one that is known, a sentence each. */
export function diffOutlines(before: PlanOutline, now: PlanOutline): readonly string[] {
  const [old, fresh] = [before, now].map(({ steps }) => new Set(steps.map(({ hash }) => hash)));
  const gone = before.steps.filter(({ hash }) => fresh?.has(hash) === false);
  const added = now.steps.filter(({ hash }) => old?.has(hash) === false);
  const told = [
    ...findStaleBinding(before, now).map(({ message }) => message),
    ...gone.slice(0, SHOWN).map(({ id }) => `No longer: ${id}.`),
    ...(gone.length > SHOWN ? [`No longer: ${gone.length - SHOWN} more.`] : []),
    ...added.slice(0, SHOWN).map(({ id }) => `New, or otherwise: ${id}.`),
    ...(added.length > SHOWN ? [`New, or otherwise: ${added.length - SHOWN} more.`] : []),
  ];
  if (told.length > 0) return told;
  return before.revision === now.revision
    ? ['The steps are the same; what was found besides (checks, images in sync) differs.']
    : [`The steps are the same, but of commit ${before.revision.slice(0, 12)}.`];
}

const SHOWN = 5;

// Why, in which order and with how many bytes a step is taken hangs on the other steps; what it does, does not.
function hashStep(step: Step): Digest {
  const { reason: _reason, bytes: _bytes, ...what } = step;
  const content = { ...what, after: undefined };
  return digestOf(canonicalize(content) ?? '');
}
