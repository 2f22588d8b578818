import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Plan } from './types.ts';

/** sha256 of the RFC 8785 JSON of a plan without its hash and time (promise 10). */
export function hashPlan(plan: Omit<Plan, 'hash'> & { readonly hash?: Digest }): Digest {
  const { time: _time, hash: _hash, ...content } = plan;
  const text = canonicalize(content);
  if (text === undefined) throw new Error('A plan is always JSON.');
  return digestOf(text);
}
