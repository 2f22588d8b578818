import { formatCount } from '../base/text.ts';
import { formatLength } from './format-moment.ts';
import type { ProofLimits } from './proof-types.ts';
import type { Check } from './types.ts';

/** Says where the requests of a day do not suffice for `spec.reconcile.proofAge`. */
export function checkProofs(limits: ProofLimits | undefined): readonly Check[] {
  if (limits === undefined) return [];
  const { host, overdue, ageMilliseconds: age, reachableAgeMilliseconds: reachable } = limits;
  const field = `spec.registries.${limits.serving}.requestsPerDay`;
  const shared = {
    kind: 'request-budget',
    severity: 'warning',
    catalog: null,
    item: null,
    neededBy: [],
  } as const;
  const scarce: Check = {
    ...shared,
    message: `The requests of a day at ${host} suffice to ask for every image every ${formatLength(reachable)} only, where spec.reconcile.proofAge is ${formatLength(age)}.`,
    hint: `Raise ${field}, or spec.reconcile.proofAge to ${formatLength(reachable)}.`,
  };
  const late: Check = {
    ...shared,
    message: `${formatCount(overdue, 'image')} in ${host} could not be asked for: the requests of today do not suffice. What is there is unknown until their turn comes.`,
    hint: `Wait, run \`olmirror status\`, which asks for everything, or raise ${field}.`,
  };
  return [...(reachable > age ? [scarce] : []), ...(overdue > 0 ? [late] : [])];
}
