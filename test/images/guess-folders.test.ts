import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessFolders } from '../../src/images/guess-folders.ts';

const UPSTREAM = ['ns/a', 'ns/b', 'deep/ns/c'].map((repository) => ({
  registry: 'quay.io',
  repository,
}));

test('guessFolders finds what stands before an upstream path, with its host or joined', () => {
  assert.deepEqual(guessFolders(UPSTREAM, ['m/site/ns/a', 'm/site/ns/b', 'x/quay.io/ns/a']), [
    'm/site',
    'x',
  ]);
  assert.deepEqual(guessFolders(UPSTREAM, ['m/ns-a', 'm/deep/ns-c']), ['m']);
});

test('guessFolders takes what lies at its upstream path for no folder', () => {
  assert.deepEqual(guessFolders(UPSTREAM, ['ns/a', 'quay.io/ns/b', 'deep/ns/c', 'other/z']), []);
});

test('guessFolders counts last names for less than whole paths, and keeps four', () => {
  const listed = ['byhand/a', 'byhand/b', 'm/ns/a', 'c1/c', 'c2/c', 'c3/c', 'c4/c'];
  assert.deepEqual(guessFolders(UPSTREAM, listed), ['m', 'byhand', 'c1', 'c2']);
});
