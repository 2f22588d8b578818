import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findGroup, groupFiles } from '../../src/index/group-files.ts';
import { checkLaw } from '../support/check-law.ts';

const NAME = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,30}$/);

function filesOf(names: readonly string[]): readonly { readonly path: string }[] {
  return names.map((name) => ({ path: `${name}/catalog.json` }));
}

describe('groupFiles', () => {
  it('leaves every package where it was when others come or go', (t) => {
    const sets = fc.tuple(fc.uniqueArray(NAME), fc.uniqueArray(NAME));
    checkLaw(
      t,
      fc.property(sets, ([some, more]) => {
        const before = groupFiles(filesOf(some));
        const after = groupFiles(filesOf([...new Set([...some, ...more])]));
        for (const group of before) {
          const [first] = group;
          const now = after.find((files) => files.some(({ path }) => path === first?.path));
          const kept = now?.filter(({ path }) => some.includes(path.split('/')[0] ?? ''));
          assert.deepEqual(
            kept?.map(({ path }) => path).toSorted(),
            group.map(({ path }) => path).toSorted(),
          );
        }
      }),
    );
  });

  it('makes at most 64 groups, in one order, and one more for files in no folder', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `operator-${index}`);
    const files = [{ path: 'catalog.json' }, ...filesOf(names)];
    const groups = groupFiles(files);
    assert.equal(groups.length, 65);
    assert.deepEqual(groups.at(-1), [{ path: 'catalog.json' }]);
    const order = groups.map(([file]) => findGroup(file?.path ?? ''));
    assert.deepEqual(
      groupFiles(files.toReversed()).map(([file]) => findGroup(file?.path ?? '')),
      order,
    );
  });

  it('puts few packages apart, and spreads many evenly', () => {
    const names = Array.from({ length: 300 }, (_, index) => `operator-${index}`);
    const sizes = groupFiles(filesOf(names)).map((group) => group.length);
    assert.ok(
      Math.max(...sizes) <= 14,
      `the largest of ${sizes.length} groups has ${Math.max(...sizes)}`,
    );
  });

  // The groups are part of what the image id depends on (promise 7).
  it('puts a package where it always was', () => {
    assert.deepEqual(['etcd/catalog.json', 'quay-operator/x/y', 'catalog.json'].map(findGroup), [
      '18',
      '42',
      '',
    ]);
  });
});
