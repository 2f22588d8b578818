import { formatCount } from '../base/text.ts';
import type { RegistryEntry, RoleName } from '../manifest/types.ts';
import type { Check, Plan, Step } from './types.ts';

type Unhashed = Omit<Plan, 'hash'>;

/**
 * Says, where a plan moves a tag, that nobody told what the serving registry lets happen to tags: it is planned
 * as if they may move. Other plans come back as they are.
 */
export function reportPolicy(
  plan: Unhashed,
  {
    host,
    writePolicy,
    role,
  }: Pick<RegistryEntry, 'host' | 'writePolicy'> & { readonly role: RoleName },
): Unhashed {
  const moved = plan.steps.flatMap(listMoved);
  if (writePolicy !== 'unknown' || moved.length === 0) return plan;
  const [first] = moved;
  const check: Check = {
    kind: 'write-policy',
    severity: 'warning',
    message: `writePolicy of ${host} is unknown, so it is planned as allow: ${moved.length === 1 ? `the tag ${first} moves` : `${formatCount(moved.length, 'tag')} move`}.`,
    hint: `Say under spec.registries.${role}.writePolicy of mirror.yaml what the registry allows: allow, or allow-once where each tag is written once.`,
    catalog: null,
    item: null,
    neededBy: [],
  };
  return { ...plan, checks: [...plan.checks, check] };
}

function listMoved(step: Step): readonly string[] {
  const moves = step.kind === 'tag' || step.kind === 'move-index';
  return moves && step.previous !== null ? [`${step.repository}:${step.tag}`] : [];
}
