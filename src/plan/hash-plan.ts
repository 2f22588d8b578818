import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Check, Plan } from './types.ts';

/** Checks that hang on the hour: the room that production has, the requests that it has had today. */
const MOMENTARY: ReadonlySet<Check['kind']> = new Set(['capacity', 'request-budget']);

/**
 * sha256 of the RFC 8785 JSON of a plan without its hash, its time, its storage, and checks that hang on the
 * hour: the same steps are the same plan (promise 10).
 */
export function hashPlan(plan: Omit<Plan, 'hash'> & { readonly hash?: Digest }): Digest {
  const { time: _time, hash: _hash, storage: _storage, ...content } = plan;
  const checks = plan.checks.filter(({ kind }) => !MOMENTARY.has(kind));
  const text = canonicalize({ ...content, checks });
  if (text === undefined) throw new Error('A plan is always JSON.');
  return digestOf(text);
}
