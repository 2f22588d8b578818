import { type Deferral, deferSteps } from './defer-steps.ts';
import { hashPlan } from './hash-plan.ts';
import type { Hold } from './history-types.ts';
import { HOLD_CODES } from './hold-codes.ts';
import type { Check, Plan, Step } from './types.ts';

export interface HeldPlan {
  /** The steps that may be taken now. */
  readonly plan: Plan;
  /** Holds that count: a window only where a step waits for it. */
  readonly holds: readonly Hold[];
}

/** By catalog, the keys of the images that its index names. */
export type IndexNeeds = ReadonlyMap<string, readonly string[]>;

/**
 * Leaves of a plan what may be done now: all else ends as deferred, by what holds it. An index waits for its own
 * window and for the copies of images that it names, so that no step stays without what it needs. Where something
 * waits, the rest is another plan with a hash of its own (promise 10).
 */
export function holdPlan(plan: Plan, holds: readonly Hold[], needs: IndexNeeds): HeldPlan {
  const found = new Map(
    plan.steps.flatMap((step) => {
      const hold = findHold(step, plan, holds);
      return hold === null ? [] : [[step.id, hold] as const];
    }),
  );
  const waiting = holdIndexes(plan, found, needs);
  const counting = new Set(waiting.values());
  const kept = holds.filter(
    (hold) => hold.kind === 'suspended' || hold.kind === 'dry-run' || counting.has(hold),
  );
  if (waiting.size === 0) return { plan, holds: kept };
  const deferrals = new Map([...waiting].map(([id, hold]) => [id, describeHold(hold)]));
  const { requests: _requests, ...rest } = deferSteps(plan, deferrals);
  return { plan: { ...rest, hash: hashPlan(rest) }, holds: kept };
}

export function describeHold(hold: Hold): Deferral {
  return { code: HOLD_CODES[hold.kind], message: `Held: ${hold.message}.` };
}

/** The hold that a step itself waits for, whatever becomes of the others; null for none. */
export function findHold(step: Step, plan: Plan, holds: readonly Hold[]): Hold | null {
  const window = isPublishing(step, plan) ? 'publish-window' : 'copy-window';
  return holds.find(({ kind }) => (kind.endsWith('-window') ? kind === window : true)) ?? null;
}

// A tag in the repository of an index keeps what is served today, and belongs to its publishing.
function isPublishing(step: Step, { catalogs }: Plan): boolean {
  if (step.kind === 'push-index' || step.kind === 'move-index') return true;
  if (step.kind === 'copy') return false;
  return catalogs.some(({ target }) => target.replace(/:[^:/]*$/, '') === step.repository);
}

function holdIndexes(
  plan: Plan,
  found: ReadonlyMap<string, Hold>,
  needs: IndexNeeds,
): ReadonlyMap<string, Hold> {
  const byItem = new Map(
    plan.steps.flatMap(({ id, items }) => {
      const hold = found.get(id);
      return hold === undefined ? [] : items.map((item) => [item, hold] as const);
    }),
  );
  const waiting = new Map(found);
  if (plan.indexOnly || byItem.size === 0) return waiting;
  for (const step of plan.steps) {
    if (!('catalog' in step) || waiting.has(step.id)) continue;
    const key = needs.get(step.catalog)?.find((name) => byItem.has(name));
    const hold = key === undefined ? undefined : byItem.get(key);
    if (hold !== undefined) waiting.set(step.id, hold);
  }
  return waiting;
}

/** What of a plan `watch` would leave for later, for people who look at the plan; it says nothing of the hash. */
export function checkHolds(
  plan: Plan,
  holds: readonly Hold[],
  needs: IndexNeeds,
): readonly Check[] {
  const held = holdPlan(plan, holds, needs);
  return held.holds.map((hold) => ({
    kind: 'held',
    severity: 'warning',
    message: `The reconciler is held back: ${hold.message}.`,
    hint: null,
    catalog: null,
    item: null,
    neededBy: [],
  }));
}
