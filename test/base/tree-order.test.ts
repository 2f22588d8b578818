import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareTreePaths } from '../../src/base/tree-order.ts';

describe('compareTreePaths', () => {
  it('walks a folder before names that only start like it', () => {
    const paths = ['a-b', '.', 'a/x', 'ab', 'a', 'a/x/y', 'a/x-y', 'Z', '.indexignore'];
    assert.deepEqual(paths.toSorted(compareTreePaths), [
      '.',
      '.indexignore',
      'Z',
      'a',
      'a/x',
      'a/x/y',
      'a/x-y',
      'a-b',
      'ab',
    ]);
  });
});
