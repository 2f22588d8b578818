import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openSlabs } from '../../src/base/slabs.ts';

/** More than a slab holds. */
const LONG = 'ü€😀"'.repeat(200_000);

describe('openSlabs', () => {
  it('keeps what is written, whatever its length, until it is closed', () => {
    const slabs = openSlabs();
    const texts = Array.from({ length: 300 }, (_, index) => `é${index}`.repeat(index * 37));
    const written = [...texts, LONG, 'behind'].map(slabs.write);
    assert.deepEqual(
      written.map((bytes) => Buffer.from(bytes).toString()),
      [...texts, LONG, 'behind'],
    );
    slabs.close();
  });

  it('copies bytes, and reserves room that nobody else writes to', () => {
    const slabs = openSlabs();
    const source = Buffer.from('first');
    const copy = slabs.copy(source);
    const room = slabs.reserve(10);
    room.fill(0x78);
    source.fill(0);
    assert.equal(slabs.write('third').length, 5);
    assert.deepEqual(
      [copy, room].map((bytes) => Buffer.from(bytes).toString()),
      ['first', 'xxxxxxxxxx'],
    );
    slabs.close();
  });

  it('gives memory to the next when it is closed, and never to two at a time', () => {
    const first = openSlabs();
    const its = first.write('of the first');
    const beside = openSlabs();
    const other = beside.write('of another');
    assert.notEqual(other.buffer, its.buffer);
    assert.equal(Buffer.from(its).toString(), 'of the first');
    first.close();
    const second = openSlabs();
    assert.equal(second.write('of the second').buffer, its.buffer);
    assert.equal(Buffer.from(other).toString(), 'of another');
    beside.close();
    second.close();
  });

  it('starts anew where it is written to after it was closed', () => {
    const slabs = openSlabs();
    slabs.write('before');
    slabs.close();
    const [own, other] = [slabs, openSlabs()];
    const written = [own.write('mine'), other.write('theirs')];
    assert.deepEqual(
      written.map((bytes) => Buffer.from(bytes).toString()),
      ['mine', 'theirs'],
    );
    own.close();
    other.close();
  });
});
