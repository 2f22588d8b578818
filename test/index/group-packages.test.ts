import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findGroup, sortGroups } from '../../src/index/group-packages.ts';

function countGroups(names: readonly string[]): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const name of names) groups.set(findGroup(name), (groups.get(findGroup(name)) ?? 0) + 1);
  return groups;
}

describe('findGroup', () => {
  it('knows 32 groups, and spreads the packages of a real catalog evenly', () => {
    const many = countGroups(Array.from({ length: 2_000 }, (_, index) => `operator-${index}`));
    assert.equal(many.size, 32);
    assert.deepEqual(
      sortGroups(new Map([...many.keys()].map((name) => [name, name]))),
      Array.from({ length: 32 }, (_, index) => String(index).padStart(2, '0')),
    );
    const real = countGroups(Array.from({ length: 300 }, (_, index) => `operator-${index}`));
    assert.ok(Math.max(...real.values()) <= 19, `the largest has ${Math.max(...real.values())}`);
  });

  // Groups are part of what the image id depends on (promise 7), so they may never change.
  it('puts a package where it always was', () => {
    assert.deepEqual(['etcd', 'quay-operator'].map(findGroup), ['18', '10']);
  });
});
