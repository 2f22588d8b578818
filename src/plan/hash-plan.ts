import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Plan } from './types.ts';

/**
 * sha256 of the RFC 8785 JSON of a plan without its hash, its time, and what hangs on the room that production
 * happens to have: the same steps are the same plan (promise 10).
 */
export function hashPlan(plan: Omit<Plan, 'hash'> & { readonly hash?: Digest }): Digest {
  const { time: _time, hash: _hash, storage: _storage, ...content } = plan;
  const checks = plan.checks.filter(({ kind }) => kind !== 'capacity');
  const text = canonicalize({ ...content, checks });
  if (text === undefined) throw new Error('A plan is always JSON.');
  return digestOf(text);
}
