import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveImage } from '../../src/cluster/resolve-image.ts';
import type { ObservedMirror } from '../../src/manifest/observed-cluster.ts';

const DIGEST = `@sha256:${'a'.repeat(64)}`;

function rule(
  source: string,
  mirrors: readonly string[],
  more: Partial<ObservedMirror> = {},
): ObservedMirror {
  return { source, mirrors, redirects: 'digest', exclusive: false, object: '', ...more };
}

function places(reference: string, rules: readonly ObservedMirror[]): readonly string[] {
  return resolveImage(reference, rules).map((attempt) => attempt.reference);
}

test('mirrors are asked in their order, then the image’s own registry', () => {
  const rules = [rule('quay.io/x', ['m:5001/x', 'm:5000/y'])];
  const image = `quay.io/x/op${DIGEST}`;
  assert.deepEqual(places(image, rules), [`m:5001/x/op${DIGEST}`, `m:5000/y/op${DIGEST}`, image]);
  assert.deepEqual(places(image, [rule('quay.io/x', ['m/x'], { exclusive: true })]), [
    `m/x/op${DIGEST}`,
  ]);
});

test('the longest source alone counts, even where its rules redirect nothing of this kind', () => {
  const rules = [rule('quay.io', ['short']), rule('quay.io/x/op', ['long'], { redirects: 'tag' })];
  assert.deepEqual(places(`quay.io/x/op${DIGEST}`, rules), [`quay.io/x/op${DIGEST}`]);
  assert.deepEqual(places('quay.io/x/op:1', rules), ['long:1', 'quay.io/x/op:1']);
  assert.deepEqual(places(`quay.io/x/opera${DIGEST}`, rules), [
    `short/x/opera${DIGEST}`,
    `quay.io/x/opera${DIGEST}`,
  ]);
});

test('a source for all hosts below a domain gives its place to the host', () => {
  const rules = [rule('*.example.com', ['m:5001/all'])];
  assert.deepEqual(places(`a.b.example.com/x${DIGEST}`, rules), [
    `m:5001/all/x${DIGEST}`,
    `a.b.example.com/x${DIGEST}`,
  ]);
  assert.deepEqual(places(`example.com/x${DIGEST}`, rules), [`example.com/x${DIGEST}`]);
});

test('what several objects say of one source is united, and no mirror asked twice', () => {
  const rules = [rule('quay.io', ['a', 'b']), rule('quay.io', ['b', 'c'])];
  assert.deepEqual(places(`quay.io/x${DIGEST}`, rules), [
    `a/x${DIGEST}`,
    `b/x${DIGEST}`,
    `c/x${DIGEST}`,
    `quay.io/x${DIGEST}`,
  ]);
});
