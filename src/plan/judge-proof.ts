import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import { IN_USE_FILE } from '../manifest/in-use.ts';
import type { RelocationPlan } from '../manifest/relocation.ts';
import type { RelocateCheck } from './relocate-check-types.ts';

/** What is asked of the report of `olmirror relocate check`. */
export interface ProofDemand {
  readonly relocation: Pick<RelocationPlan, 'from' | 'to' | 'proof' | 'proofAgeMilliseconds'>;
  /** Of `in-use.yaml` today; null where there is none. */
  readonly inUse: Digest | null;
  /** When the roles are exchanged. */
  readonly at: Date;
}

export interface ProofVerdict {
  readonly holds: boolean;
  /** A full sentence. */
  readonly message: string;
}

/** Says whether a sealed report lets the old registry go: `text` is null where there is none. */
export function judgeProof(text: string | null, demand: ProofDemand): ProofVerdict {
  const { proof } = demand.relocation;
  if (text === null) return refuse(`There is no ${proof}`);
  const check = parseCheck(text);
  if (check === null) return refuse(`${proof} is no report of \`olmirror relocate check\``);
  const fault = findFault(check, demand);
  if (fault !== null) return refuse(`${proof} ${fault}`);
  return { holds: true, message: `${proof} proved it at ${check.time} (${check.hash}).` };
}

function refuse(why: string): ProofVerdict {
  return { holds: false, message: `${why}.` };
}

function parseCheck(text: string): RelocateCheck | null {
  try {
    const check: RelocateCheck | null = JSON.parse(text);
    return check?.kind === 'RelocateCheck' ? check : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function findFault(check: RelocateCheck, { relocation, inUse, at }: ProofDemand): string | null {
  const { from, to, proofAgeMilliseconds } = relocation;
  if (!isSealed(check)) return 'was changed after it was sealed';
  if (check.verdict !== 'proved') return `says ${check.verdict}`;
  if (check.production.host !== from || check.staging.host !== to)
    return `is about ${check.production.host} and ${check.staging.host}, not ${from} and ${to}`;
  if (check.inputs.find(({ file }) => file === IN_USE_FILE)?.digest !== inUse)
    return `is about another ${IN_USE_FILE} than that of this commit`;
  const age = at.getTime() - Date.parse(check.time);
  if (Number.isNaN(age) || age < 0)
    return `was made at ${check.time}, after the exchange at ${at.toISOString()}`;
  return age > proofAgeMilliseconds
    ? `was made at ${check.time}, which is too old at ${at.toISOString()}`
    : null;
}

function isSealed({ hash, ...rest }: RelocateCheck): boolean {
  return digestOf(canonicalize(rest) ?? '') === hash;
}
