import canonicalize from 'canonicalize';
import { digestOf } from '../base/digest.ts';
import type { StagingCheck } from './staging-types.ts';

/** Facts of a check, before it is judged. */
export type StagingFacts = Omit<StagingCheck, 'verdict' | 'exitCode' | 'hash'>;

/**
 * Judges a check and seals it: its hash is the sha256 of the RFC 8785 JSON of all other fields, the time included,
 * so that a report can be held to the ticket that it is attached to. What could not be told goes before what hinders.
 */
export function sealStagingCheck(facts: StagingFacts): StagingCheck {
  assertSums(facts);
  const judged = { ...facts, ...judge(facts) };
  const text = canonicalize(judged);
  if (text === undefined) throw new Error('A check is always JSON.');
  return { ...judged, hash: digestOf(text) };
}

function judge({ unclear, hindrances }: StagingFacts): Pick<StagingCheck, 'verdict' | 'exitCode'> {
  if (unclear.length > 0) return { verdict: 'cannot-say', exitCode: 1 };
  if (hindrances.length > 0) return { verdict: 'may-not', exitCode: 4 };
  return { verdict: 'may-be-emptied', exitCode: 0 };
}

// No manifest is dropped in silence (promise 8).
function assertSums({ sums, unwanted }: StagingFacts): void {
  const { manifests, ...parts } = sums;
  const total = Object.values(parts).reduce((sum, count) => sum + count, 0);
  if (total !== manifests)
    throw new Error(`${manifests} manifests were seen, but ${total} have an outcome.`);
  const listed = unwanted.reduce((sum, entry) => sum + 1 + entry.parts, 0);
  if (listed !== sums.unwanted)
    throw new Error(`${sums.unwanted} manifests are wanted by nobody, but ${listed} are listed.`);
}
