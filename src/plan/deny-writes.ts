import { compareBytes, formatBytes, formatCount } from '../base/text.ts';
import type { RegistryEntry } from '../manifest/types.ts';
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
  registry: Pick<RegistryEntry, 'host' | 'writePolicy'>,
): Unhashed {
  const { steps } = plan;
  if (registry.writePolicy !== 'deny' || steps.length === 0) return plan;
  const refused = steps.flatMap((step) => step.items.map((item) => refuseItem(item, registry)));
  const changed = new Set(
    steps.flatMap((step) =>
      step.kind === 'push-index' || step.kind === 'move-index' ? [step.catalog] : [],
    ),
  );
  return {
    ...plan,
    steps: [],
    checks: [buildCheck(plan, registry), ...plan.checks],
    settled: [...plan.settled, ...refused].toSorted((a, b) => compareBytes(a.item, b.item)),
    catalogs: plan.catalogs.map((entry) =>
      changed.has(entry.catalog) ? { ...entry, action: 'blocked' } : entry,
    ),
    bytes: 0,
  };
}

function refuseItem(item: string, { host }: Pick<RegistryEntry, 'host'>): Outcome {
  return {
    item,
    type: typeOfItem(item),
    kind: 'refused',
    message: `${host} takes no writes (writePolicy: deny), so nothing was tried.`,
    code: 'PLAN_WRITE_DENIED',
  };
}

function buildCheck({ steps, bytes }: Unhashed, { host }: Pick<RegistryEntry, 'host'>): Check {
  const named = steps.slice(0, NAMED_STEPS).map(formatStep).join(', ');
  const more = steps.length - NAMED_STEPS;
  return {
    kind: 'write-denied',
    severity: 'blocked',
    message: `${host} takes no writes (writePolicy: deny), so ${formatCount(steps.length, 'write')} of ${formatBytes(bytes)} are refused untried: ${named}${more > 0 ? ` and ${more} more` : ''}.`,
    hint: 'Once the registry takes writes again, change spec.registries.production.writePolicy of mirror.yaml.',
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
