import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FNV64_PRIME, FNV64_START, hashFnv64 } from '../../src/base/fnv64.ts';
import { checkLaw } from '../support/check-law.ts';

describe('hashFnv64', () => {
  it('gives the published hashes', () => {
    const hashes = ['', 'a', 'foobar'].map((text) => hashFnv64(FNV64_START, Buffer.from(text)));
    assert.deepEqual(hashes, [0xcbf29ce484222325n, 0xaf63dc4c8601ec8cn, 0x85944171f73967e8n]);
  });

  it('is the definition, byte by byte, from any state', (t) => {
    const anyState = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    checkLaw(
      t,
      fc.property(anyState, fc.uint8Array(), (state, bytes) => {
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

function hashSlowly(state: bigint, bytes: Uint8Array): bigint {
  return bytes.reduce(
    (hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV64_PRIME),
    state,
  );
}
