import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRerelease } from '../../src/catalog/describe-rerelease.ts';

const [A, B] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`);
const [SHORT_A, SHORT_B] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(12)}…`);

function describeImages(before: string, after: string): string {
  return describeRerelease({
    bundle: 'foo.v1.0.0',
    image: { before, after },
    relatedAdded: [],
    relatedRemoved: [],
  });
}

const TURNS: readonly (readonly [string, string, string])[] = [
  [`host:5000/v/x@${A}`, `host:5000/v/x@${B}`, `host:5000/v/x ${SHORT_A} → ${SHORT_B}`],
  [`quay.io/v/x:1@${A}`, `quay.io/v/x:2@${B}`, `quay.io/v/x 1@${SHORT_A} → 2@${SHORT_B}`],
  ['quay.io/v/x:1', 'quay.io/v/x', 'quay.io/v/x 1 → latest'],
  [`quay.io/v/x@${A}`, `quay.io/v/y@${A}`, `quay.io/v/x@${A} → quay.io/v/y@${A}`],
  ['', 'quay.io/v/x:1', 'none → quay.io/v/x:1'],
  ['x@evil', 'x@other', 'x@evil → x@other'],
];
for (const [before, after, words] of TURNS)
  test(`describeRerelease shortens "${before}" → "${after}" only where nothing is lost`, () => {
    assert.equal(describeImages(before, after), `image ${words}`);
  });

test('describeRerelease pairs related images by repository, and counts the rest', () => {
  const names = ['p', 'q', 'r', 's', 't'];
  const words = describeRerelease({
    bundle: 'foo.v1.0.0',
    image: { before: 'quay.io/v/own:1', after: 'quay.io/v/own:2' },
    relatedRemoved: [
      'quay.io/v/own:1',
      ...names.map((name) => `quay.io/v/${name}:1`),
      'quay.io/v/x:1',
    ],
    relatedAdded: [
      'quay.io/v/own:2',
      ...names.map((name) => `quay.io/v/${name}:2`),
      'quay.io/v/y:1',
      'quay.io/v/y:2',
    ],
  });
  assert.equal(
    words,
    'image quay.io/v/own 1 → 2, related quay.io/v/p 1 → 2, related quay.io/v/q 1 → 2, related quay.io/v/r 1 → 2, 2 related images changed likewise, 2 related images new, 1 related image gone',
  );
});
