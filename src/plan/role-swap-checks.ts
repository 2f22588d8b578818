import type { RelocationPlan } from '../manifest/relocation.ts';
import { checkOf, type IndexCheck } from './index-checks.ts';
import type { ProofVerdict } from './judge-proof.ts';
import type { Check, WantedIndex } from './types.ts';

/** Roles that are exchanged, and what lets them be. */
export interface RoleSwapFacts {
  readonly relocation: Pick<RelocationPlan, 'from' | 'to' | 'swapped'>;
  readonly proof: ProofVerdict;
}

interface RoleSwapInput {
  /** Left out where the roles are as they were. */
  readonly roleSwap?: RoleSwapFacts;
}

/** Keeps every index as it is while nothing proves that the old registry may go. */
export function judgeRoleSwap(
  wanted: WantedIndex,
  { roleSwap }: RoleSwapInput,
): readonly IndexCheck[] {
  if (roleSwap === undefined || roleSwap.proof.holds) return [];
  const message = `The index of ${wanted.catalog} stays as it is until it is proved that ${roleSwap.relocation.from} may be staging.`;
  const check = { ...checkOf(wanted), kind: 'role-swap' as const, severity: 'blocked' as const };
  return [{ ...check, message, hint: TAKE_BACK, code: 'PLAN_POLICY' }];
}

/** Says that roles were exchanged, which is no change of what clusters are served; it blocks where that is not proved. */
export function checkRoleSwap({ roleSwap }: RoleSwapInput): readonly Check[] {
  if (roleSwap === undefined) return [];
  const { relocation, proof } = roleSwap;
  const { from, to } = relocation;
  const about = { kind: 'role-swap' as const, catalog: null, item: null, neededBy: [] };
  return proof.holds
    ? [
        {
          ...about,
          severity: 'warning',
          message: `${describe(roleSwap)} ${proof.message} Clusters go on pulling from ${to}.`,
          hint: `What may be wiped at ${from} stands in the proof; the next delivery goes there. The next relocation begins with another relocate.yaml.`,
        },
      ]
    : [
        {
          ...about,
          severity: 'blocked',
          message: `${describe(roleSwap)} That is not proved: ${proof.message}`,
          hint: TAKE_BACK,
        },
      ];
}

const TAKE_BACK =
  'Take the exchange back (`git revert`), then do what `olmirror relocate swap` says: it comes last.';

function describe({ relocation: { from, to, swapped } }: RoleSwapFacts): string {
  const when = swapped === null ? '' : ` at ${swapped}`;
  return `The roles were exchanged${when}: ${to} is production now, ${from} is staging.`;
}
