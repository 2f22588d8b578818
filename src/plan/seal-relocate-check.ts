import canonicalize from 'canonicalize';
import { digestOf } from '../base/digest.ts';
import type { RelocateCheck } from './relocate-check-types.ts';

/** Facts of a check, before it is judged. */
export type RelocateFacts = Omit<RelocateCheck, 'verdict' | 'exitCode' | 'hash'>;

/** Judges a check and seals it as `sealStagingCheck` does. What is not known goes before what hinders; both block. */
export function sealRelocateCheck(facts: RelocateFacts): RelocateCheck {
  const verdict = judge(facts);
  const isProved = verdict === 'proved';
  const judged = {
    ...facts,
    wipeable: isProved ? facts.wipeable : null,
    verdict,
    exitCode: isProved ? (0 as const) : (4 as const),
  };
  const text = canonicalize(judged);
  if (text === undefined) throw new Error('A check is always JSON.');
  return { ...judged, hash: digestOf(text) };
}

function judge({ unclear, hindrances }: RelocateFacts): RelocateCheck['verdict'] {
  if (unclear.length > 0) return 'unknown';
  return hindrances.length > 0 ? 'not-proved' : 'proved';
}
