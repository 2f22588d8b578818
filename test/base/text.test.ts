import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  clip,
  compareBytes,
  compareNatural,
  findNearest,
  formatBytes,
  formatCount,
} from '../../src/base/text.ts';

test('compareBytes orders as the UTF-8 bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('compareBytes puts U+FFFD before U+1F600, unlike code units', () => {
  assert.ok(compareBytes('\uFFFD', '\u{1F600}') < 0);
});

test('formatBytes and formatCount read well', () => {
  assert.deepEqual([0, 999, 1000, 123_456, 1_234_567_890].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '123 kB',
    '1.2 GB',
  ]);
  assert.deepEqual(
    [formatCount(1, 'image'), formatCount(1105, 'image'), formatCount(2, 'index', 'indexes')],
    ['1 image', '1,105 images', '2 indexes'],
  );
});

test('findNearest names a near word and no far one', () => {
  assert.equal(findNearest('registrys', ['registries', 'releases']), 'registries');
  assert.equal(findNearest('xyz', ['registries', 'releases']), null);
});

test('compareNatural orders versions as people count, and is an order', () => {
  const sorted = ['v1.2.0', 'v1.9.0', 'v1.9.0-1', 'v1.10.0', 'v1.010.1', 'v10.0.0', 'w'];
  assert.deepEqual(sorted.toReversed().toSorted(compareNatural), sorted);
  assert.equal(compareNatural('a01', 'a01'), 0);
  assert.ok(compareNatural('a01', 'a1') !== 0);
  assert.ok(compareNatural('', 'a') < 0);
});

test('clip never cuts a character in half, and leaves alone what is short enough', () => {
  assert.equal(clip('ab😀cd', 3), 'ab…');
  assert.equal(clip('ab😀cd', 4), 'ab😀…');
  assert.equal(clip('ab😀', 4), 'ab😀');
});
