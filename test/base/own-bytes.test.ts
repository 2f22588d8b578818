import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freeBytes, isAlone } from '../../src/base/own-bytes.ts';

describe('freeBytes', () => {
  it('gives memory back that the bytes have to themselves, also when it is asked twice', () => {
    const bytes = Buffer.alloc(100_000, 1);
    assert.ok(isAlone(bytes));
    freeBytes(bytes);
    assert.deepEqual([bytes.length, bytes.buffer.byteLength], [0, 0]);
    freeBytes(bytes);
    freeBytes(new Uint8Array());
  });

  it('leaves memory that others have a part of', () => {
    const whole = Buffer.alloc(100_000, 1);
    const part = whole.subarray(1);
    const pooled = Buffer.from('short');
    for (const bytes of [part, pooled]) {
      assert.ok(!isAlone(bytes));
      freeBytes(bytes);
    }
    assert.deepEqual([part.length, whole.at(-1), pooled.toString()], [99_999, 1, 'short']);
  });
});
