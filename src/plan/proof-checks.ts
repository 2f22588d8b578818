import { formatCount } from '../base/text.ts';
import type { ProofLimits } from './proof-types.ts';
import type { Check } from './types.ts';

/** Says where the requests of a day do not suffice for `spec.reconcile.proofAge`. */
export function checkProofs(limits: ProofLimits | undefined): readonly Check[] {
  if (limits === undefined) return [];
  const { host, overdue, ageMilliseconds: age, reachableAgeMilliseconds: reachable } = limits;
  const shared = {
    kind: 'request-budget',
    severity: 'warning',
    catalog: null,
    item: null,
    neededBy: [],
  } as const;
  const scarce: Check = {
    ...shared,
    message: `The requests of a day at ${host} suffice to ask for every image every ${formatDays(reachable)} only, where spec.reconcile.proofAge is ${formatDays(age)}.`,
    hint: `Raise spec.registries.production.requestsPerDay, or spec.reconcile.proofAge to ${formatDays(reachable)}.`,
  };
  const late: Check = {
    ...shared,
    message: `${formatCount(overdue, 'image')} in ${host} could not be asked for: the requests of today do not suffice. What is there is unknown until their turn comes.`,
    hint: 'Wait, run `olmirror status`, which asks for everything, or raise spec.registries.production.requestsPerDay.',
  };
  return [...(reachable > age ? [scarce] : []), ...(overdue > 0 ? [late] : [])];
}

// Rounded up, so that the age which is proposed suffices.
function formatDays(milliseconds: number): string {
  const [name, unit] = UNITS.find(([, length]) => milliseconds >= length) ?? ['second', 1_000];
  return formatCount(Math.ceil(milliseconds / unit), name);
}

const UNITS: readonly (readonly [name: string, milliseconds: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
