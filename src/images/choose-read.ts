import { type Digest, hexOf } from '../base/digest.ts';
import type { VerifyLevel } from '../base/verify-level.ts';

/** Whether a blob is to be read and hashed, and not only asked for. */
export type ChooseRead = (digest: Digest) => boolean;

/** Days after which every blob was in a sample once. */
const SAMPLE_DAYS = 30;

const DAY = 86_400_000;

/**
 * Chooses the blobs that a level of verification reads. A sample is one thirtieth of all blobs, chosen
 * by digest and UTC day alone: the same on every machine, another each day, and after 30 days each
 * blob had its turn.
 */
export function chooseRead(level: VerifyLevel, now: Date): ChooseRead {
  if (level !== 'sample') return () => level === 'all';
  const turn = turnOf(now);
  return (digest) => Number.parseInt(hexOf(digest).slice(0, 8), 16) % SAMPLE_DAYS === turn;
}

function turnOf(now: Date): number {
  return Math.floor(now.getTime() / DAY) % SAMPLE_DAYS;
}

/** What two proofs must have in common so that one stands for the other: two samples of different turns do not. */
export function formatProofScope({
  revision,
  host,
  level,
  now,
}: {
  readonly revision: string;
  readonly host: string;
  readonly level: VerifyLevel;
  readonly now: Date;
}): string {
  return `${revision} ${host} ${level === 'sample' ? `sample-${turnOf(now)}` : level}`;
}
