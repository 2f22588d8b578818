import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  FNV64_PRIME,
  FNV64_START,
  type Fnv64Chain,
  hashFnv64,
  hashFnv64Chains,
} from '../../src/base/fnv64.ts';
import { checkLaw } from '../support/check-law.ts';

describe('hashFnv64', () => {
  it('gives the published hashes', () => {
    const hashes = ['', 'a', 'foobar'].map((text) => hashFnv64(FNV64_START, Buffer.from(text)));
    assert.deepEqual(hashes, [0xcbf29ce484222325n, 0xaf63dc4c8601ec8cn, 0x85944171f73967e8n]);
  });

  it('is the definition, byte by byte, from any state', (t) => {
    checkLaw(
      t,
      fc.property(ANY_STATE, fc.uint8Array(), (state, bytes) => {
        assert.equal(hashFnv64(state, bytes), hashSlowly(state, bytes));
      }),
    );
  });

  it('is the same over more than fits at once', () => {
    for (const size of [65_535, 65_536, 65_537, 200_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
      assert.equal(hashFnv64(FNV64_START, bytes), hashSlowly(FNV64_START, bytes));
    }
  });

  it('does not depend on how the bytes are cut', (t) => {
    checkLaw(
      t,
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const whole = hashFnv64(FNV64_START, Buffer.concat([a, b]));
        assert.equal(hashFnv64(hashFnv64(FNV64_START, a), b), whole);
      }),
    );
  });
});

const ANY_STATE = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
// More than a lane loads at a time is 16,384.
const ANY_PIECE = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: fc.nat(9) }, fc.constantFrom(16_383, 16_384, 16_385, 40_000)),
    fc.uint8Array({ minLength: 1, maxLength: 5 }),
  )
  .map(([size, pattern]) => Buffer.alloc(size, pattern));

function chainOf(state: bigint, pieces: readonly Uint8Array[]): Fnv64Chain {
  return { state, pieces, length: pieces.reduce((sum, piece) => sum + piece.length, 0) };
}

describe('hashFnv64Chains', () => {
  it('gives each hash as if it were alone, however many there are and however they are cut', (t) => {
    const anyChain = fc.tuple(ANY_STATE, fc.array(ANY_PIECE, { maxLength: 5 }));
    checkLaw(
      t,
      fc.property(fc.array(anyChain, { maxLength: 9 }), (chains) => {
        assert.deepEqual(
          hashFnv64Chains(chains.map(([state, pieces]) => chainOf(state, pieces))),
          chains.map(([state, pieces]) => hashFnv64(state, Buffer.concat(pieces))),
        );
      }),
    );
  });

  it('asks for a late piece with the lowest byte of the state before it', (t) => {
    const anyChain = fc.tuple(
      ANY_STATE,
      fc.array(ANY_PIECE, { maxLength: 3 }),
      fc.array(ANY_PIECE, { maxLength: 2 }),
    );
    checkLaw(
      t,
      fc.property(fc.array(anyChain, { minLength: 1, maxLength: 6 }), (chains) => {
        const asked: number[] = [];
        const all = chains.map(([state, before, behind], index) => {
          const piece = new Uint8Array(8);
          function fill(low: number): void {
            asked[index] = low;
            piece.fill(low ^ 0x55);
          }
          return { ...chainOf(state, [...before, piece, ...behind]), late: { piece, fill } };
        });
        const ends = hashFnv64Chains(all);
        const lows = chains.map(([state, before]) =>
          Number(hashFnv64(state, Buffer.concat(before)) & 0xffn),
        );
        assert.deepEqual(asked, lows);
        assert.deepEqual(
          ends,
          all.map(({ state, pieces }) => hashFnv64(state, Buffer.concat(pieces))),
        );
      }),
    );
  });
});

function hashSlowly(state: bigint, bytes: Uint8Array): bigint {
  return bytes.reduce(
    (hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV64_PRIME),
    state,
  );
}
