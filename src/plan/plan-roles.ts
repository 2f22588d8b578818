import { sourceRole } from '../manifest/serving-role.ts';
import type { RoleName } from '../manifest/types.ts';
import type { Plan } from './types.ts';

/** From which registry to which one a plan brings images; that of `relocate` is bound to what is kept. */
export interface PlanRoles {
  readonly serving: RoleName;
  readonly source: RoleName;
}

export function rolesOf({ binding }: Pick<Plan, 'binding'>): PlanRoles {
  const serving = binding.kept === undefined ? 'production' : 'staging';
  return { serving, source: sourceRole(serving) };
}
