import { compareBytes, formatBytes, formatCount } from '../base/text.ts';
import type { RegistryEntry, RoleName } from '../manifest/types.ts';
import { typeOfItem } from './item.ts';
import type { Check, Outcome, Plan, Step } from './types.ts';

type Unhashed = Omit<Plan, 'hash'>;

const NAMED_STEPS = 3;

/**
 * Under `writePolicy: deny` of the serving registry, turns every step of the plan into a refusal:
 * nothing is tried there. Each item of a step still ends in one outcome (promise 8). Other plans
 * come back as they are.
 */
export function denyWrites(
  plan: Unhashed,
  registry: Pick<RegistryEntry, 'host' | 'writePolicy'> & { readonly role: RoleName },
): Unhashed {
  if (registry.writePolicy !== 'deny' || plan.steps.length === 0) return plan;
  const message = `${registry.host} takes no writes (writePolicy: deny), so nothing was tried.`;
  return refuseSteps(plan, {
    check: buildCheck(plan, registry),
    message,
    code: 'PLAN_WRITE_DENIED',
  });
}

export interface Refusal extends Pick<Outcome, 'message' | 'code'> {
  readonly check: Check;
}

/** Turns every step of a plan into a refusal. */
export function refuseSteps(plan: Unhashed, { check, message, code }: Refusal): Unhashed {
  const { steps } = plan;
  const refused = steps.flatMap((step) =>
    step.items.map(
      (item): Outcome => ({ item, type: typeOfItem(item), kind: 'refused', message, code }),
    ),
  );
  const changed = new Set(
    steps.flatMap((step) =>
      step.kind === 'push-index' || step.kind === 'move-index' ? [step.catalog] : [],
    ),
  );
  return {
    ...plan,
    steps: [],
    checks: [check, ...plan.checks],
    settled: [...plan.settled, ...refused].toSorted((a, b) => compareBytes(a.item, b.item)),
    catalogs: plan.catalogs.map((entry) =>
      changed.has(entry.catalog) ? { ...entry, action: 'blocked' } : entry,
    ),
    bytes: 0,
  };
}

function buildCheck(
  { steps, bytes }: Unhashed,
  { host, role }: Pick<RegistryEntry, 'host'> & { readonly role: RoleName },
): Check {
  const named = steps.slice(0, NAMED_STEPS).map(formatStep).join(', ');
  const more = steps.length - NAMED_STEPS;
  return {
    kind: 'write-denied',
    severity: 'blocked',
    message: `${host} takes no writes (writePolicy: deny), so ${formatCount(steps.length, 'write')} of ${formatBytes(bytes)} are refused untried: ${named}${more > 0 ? ` and ${more} more` : ''}.`,
    hint: `Once the registry takes writes again, change spec.registries.${role}.writePolicy of mirror.yaml.`,
    catalog: null,
    item: null,
    neededBy: [],
  };
}

function formatStep(step: Step): string {
  switch (step.kind) {
    case 'copy':
      return `copy of ${step.upstream}`;
    case 'tag':
    case 'push-index':
    case 'move-index':
      return `tag ${step.repository}:${step.tag}`;
  }
}
