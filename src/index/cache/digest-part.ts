import { FNV64_PRIME, type Fnv64Chain, hashFnv64, hashFnv64Chains } from '../../base/fnv64.ts';
import type { TreeEntry } from '../../base/tree-entry.ts';
import { renderGoEntry } from './go-tar.ts';

/**
 * What a run of entries does to the hash, as plain data to keep. FNV-1a takes each byte in by an
 * exclusive or with the lowest byte of the state, and a product. So how much the state changes by
 * each byte depends on its lowest byte only, and the rest is linear: for every state with the lowest
 * byte `from` it is `state * prime ** bytes + sum`.
 */
export interface DigestPart {
  /** Lowest byte of the states to which it applies. */
  readonly from: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sum: string;
}

const MASK = 2n ** 64n - 1n;

/**
 * Goes on with the hash over some entries, and tells what they did to it.
 *
 * @internal
 */
export function hashPart(
  state: bigint,
  entries: Iterable<TreeEntry>,
): { readonly state: bigint; readonly part: DigestPart } {
  let current = state;
  let bytes = 0;
  for (const entry of entries) {
    for (const chunk of renderGoEntry(entry)) {
      current = hashFnv64(current, chunk);
      bytes += chunk.length;
    }
  }
  return { state: current, part: buildPart(state, current, bytes) };
}

/** What each of these does to the hash; their late pieces are filled. */
export function hashParts(chains: readonly Fnv64Chain[]): readonly DigestPart[] {
  const ends = hashFnv64Chains(chains);
  return chains.map(({ state, length }, index) => buildPart(state, ends[index] ?? state, length));
}

/** What some bytes do to the hash, which they bring from one state to another. */
function buildPart(from: bigint, to: bigint, bytes: number): DigestPart {
  const sum = (to - from * powerOfPrime(bytes)) & MASK;
  return { from: Number(from & 0xffn), bytes, sum: sum.toString(16) };
}

/** As `hashPart` without the entries; null where the part does not apply to this state. */
export function applyPart(state: bigint, { from, bytes, sum }: DigestPart): bigint | null {
  if (Number(state & 0xffn) !== from) return null;
  return (state * powerOfPrime(bytes) + BigInt(`0x${sum}`)) & MASK;
}

function powerOfPrime(exponent: number): bigint {
  let power = 1n;
  let square = FNV64_PRIME;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = (power * square) & MASK;
    square = (square * square) & MASK;
  }
  return power;
}
