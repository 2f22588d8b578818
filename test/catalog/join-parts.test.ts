import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { groupOpenPackages } from '../../src/catalog/join-parts.ts';

const ANY_FILES = fc.array(
  fc.uniqueArray(
    fc.record({ package: fc.constantFrom('a', 'b', 'c', 'd', 'e'), whole: fc.boolean() }),
    {
      selector: (part) => part.package,
    },
  ),
  { maxLength: 6 },
);

describe('groupOpenPackages', () => {
  it('leaves out what one file holds whole, and has all else once, with every file of it', () => {
    fc.assert(
      fc.property(ANY_FILES, (lists) => {
        const groups = groupOpenPackages(lists.map((parts) => ({ parts })));
        const grouped = groups.flatMap((group) => group.packages);
        assert.equal(new Set(grouped).size, grouped.length);
        for (const name of ['a', 'b', 'c', 'd', 'e']) {
          const holders = lists.flatMap((parts, index) =>
            parts.some((part) => part.package === name) ? [index] : [],
          );
          const [first = -1] = holders;
          const whole =
            holders.length === 1 &&
            lists[first]?.find((part) => part.package === name)?.whole === true;
          const group = groups.find(({ packages }) => packages.includes(name));
          assert.equal(group === undefined, holders.length === 0 || whole);
          for (const holder of group === undefined ? [] : holders)
            assert.ok(group?.files.includes(holder));
        }
      }),
    );
  });

  it('puts no file into two groups, and joins only what shares a file', () => {
    fc.assert(
      fc.property(ANY_FILES, (lists) => {
        const files = groupOpenPackages(lists.map((parts) => ({ parts }))).flatMap(
          (group) => group.files,
        );
        assert.equal(new Set(files).size, files.length);
      }),
    );
    const apart = [
      { parts: [{ package: 'a', whole: false }] },
      { parts: [{ package: 'b', whole: false }] },
      { parts: [{ package: 'a', whole: false }] },
    ];
    assert.deepEqual(groupOpenPackages(apart), [
      { files: [0, 2], packages: ['a'] },
      { files: [1], packages: ['b'] },
    ]);
  });
});
