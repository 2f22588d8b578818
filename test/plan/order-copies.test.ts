import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../src/base/digest.ts';
import { type Blobs, LARGE_BLOB, LONGEST_CHAIN, orderCopies } from '../../src/plan/order-copies.ts';
import type { CopyStep } from '../../src/plan/types.ts';
import { checkLaw } from '../support/check-law.ts';

const MB = 1_000_000;

function makeCopy(name: string, attached = false): CopyStep {
  const digest = digestOf(name);
  return {
    kind: 'copy',
    ...(attached ? { attached: 'signature' } : {}),
    id: `copy ${name}`,
    reason: 'test',
    bytes: 0,
    items: [name],
    upstream: `registry.example/${name}@${digest}`,
    from: { role: 'staging', repository: name },
    to: { role: 'production', repository: name },
    digest,
    absent: digest,
    protectTag: digest.replace(':', '-'),
    tags: [],
  };
}

interface Told {
  readonly name: string;
  readonly after: readonly string[];
}

/** Orders images given as name → blobs; a name with "sig" is attached. */
function order(images: Readonly<Record<string, Blobs>>): readonly Told[] {
  const steps = Object.keys(images).map((name) => makeCopy(name, name.includes('sig')));
  return orderCopies(steps, ({ items: [name = ''] }) => images[name] ?? {}).map(
    ({ items: [name = ''], after = [] }) => ({ name, after: after.map((id) => id.slice(5)) }),
  );
}

// Seen to fail, each: without `!bringers.has(digest)`; with `a.size - b.size` the other way round; without the
// depth in the second sort; with `weigh` giving every size; with every layer large; without the class of attached copies.
const CASES: readonly {
  readonly what: string;
  readonly images: Readonly<Record<string, Blobs>>;
  readonly expected: readonly string[];
}[] = [
  { what: 'nothing to copy', images: {}, expected: [] },
  {
    what: 'small images by name, whatever they share',
    images: { c: { x: 10, y: 1 }, a: { x: 10, z: 900 }, b: { w: LARGE_BLOB - 1 } },
    expected: ['a', 'b', 'c'],
  },
  {
    what: 'the smallest of those that share a large layer first, the rest largest first',
    images: {
      a: { base: 50 * MB, own: 9 * MB },
      b: { base: 50 * MB, own2: 2 * MB },
      c: { base: 50 * MB, own3: 20 * MB },
      d: { alone: 80 * MB },
    },
    expected: ['b', 'd', 'c < b', 'a < b'],
  },
  {
    what: 'a chain of bases, each after the one beneath',
    images: {
      app: { ubi: 80 * MB, node: 40 * MB, app: 5 * MB },
      app2: { ubi: 80 * MB, node: 40 * MB, app2: 6 * MB },
      node: { ubi: 80 * MB, node: 40 * MB },
      ubi: { ubi: 80 * MB },
    },
    expected: ['ubi', 'node < ubi', 'app2 < node ubi', 'app < node ubi'],
  },
  {
    what: 'what is attached before all, and never after an image',
    images: {
      a: { base: 50 * MB },
      'z-sig': { base: 50 * MB, more: 5 * MB },
      'b-sig': { s: 3 },
      big: { alone: 80 * MB },
    },
    expected: ['z-sig', 'b-sig', 'big', 'a < z-sig'],
  },
];

for (const { what, images, expected } of CASES) {
  test(`orderCopies gives ${what}`, () => {
    const told = order(images).map(({ name, after }) =>
      after.length === 0 ? name : `${name} < ${after.join(' ')}`,
    );
    assert.deepEqual(told, expected);
  });
}

test('orderCopies bounds a chain in which each image shares a layer with the next', () => {
  const images = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [
      `i${String(i).padStart(2, '0')}`,
      { [`l${i}`]: 10 * MB, [`l${i + 1}`]: 10 * MB, [`own${i}`]: i * MB },
    ]),
  );
  assert.equal(longestChain(order(images)), LONGEST_CHAIN);
});

function longestChain(told: readonly Told[]): number {
  const depths = new Map<string, number>();
  for (const { name, after } of told)
    depths.set(name, Math.max(0, ...after.map((id) => (depths.get(id) ?? Number.NaN) + 1)));
  return Math.max(0, ...depths.values());
}

const blobs = fc.dictionary(
  fc.constantFrom('p', 'q', 'r', 's', 't', 'u'),
  fc.constantFrom(5, LARGE_BLOB, 7 * MB, 90 * MB),
  { maxKeys: 4 },
);
const worlds = fc
  .array(fc.record({ blobs, attached: fc.boolean() }), { maxLength: 14 })
  .map((list) =>
    Object.fromEntries(
      list.map((entry, i) => [`i${i}${entry.attached ? '-sig' : ''}`, entry.blobs]),
    ),
  );

// Seen to fail: with the depth left out of the second sort; with the bound of chains taken out, of the chain.
test('orderCopies gives every copy once, behind all that it waits for and through a bounded chain', (t) => {
  checkLaw(
    t,
    fc.property(worlds, (images) => {
      const told = order(images);
      assert.deepEqual(told.map(({ name }) => name).toSorted(), Object.keys(images).toSorted());
      const seen = new Set<string>();
      for (const { name, after } of told) {
        assert.equal(new Set(after).size, after.length);
        for (const id of after) assert.ok(seen.has(id), `${name} stands behind ${id}`);
        seen.add(name);
      }
      assert.ok(longestChain(told) <= LONGEST_CHAIN);
    }),
  );
});

test('orderCopies lets a copy wait only for what holds a large layer of it and is no larger', (t) => {
  checkLaw(
    t,
    fc.property(worlds, (images) => {
      for (const { name, after } of order(images))
        for (const id of after) {
          const [mine, theirs] = [images[name] ?? {}, images[id] ?? {}];
          const shared = Object.keys(mine).filter((digest) => digest in theirs);
          assert.ok(shared.some((digest) => (mine[digest] ?? 0) >= LARGE_BLOB));
          if (!id.includes('sig')) assert.ok(sum(theirs) <= sum(mine), `${name} after ${id}`);
          assert.ok(
            !name.includes('sig') || id.includes('sig'),
            'attached copies wait for none else',
          );
        }
    }),
  );
});

test('orderCopies brings each large layer once where no chain is cut off', (t) => {
  checkLaw(
    t,
    fc.property(worlds, (images) => {
      const told = order(images);
      fc.pre(longestChain(told) < LONGEST_CHAIN);
      const bringers = new Map<string, string[]>();
      for (const { name, after } of told) {
        const led = new Set(after.flatMap((id) => Object.keys(images[id] ?? {})));
        for (const [digest, size] of Object.entries(images[name] ?? {}))
          if (size >= LARGE_BLOB && !led.has(digest))
            bringers.set(digest, [...(bringers.get(digest) ?? []), name]);
      }
      for (const [digest, names] of bringers)
        assert.equal(names.length, 1, `${digest}: ${names.join(' ')}`);
    }),
  );
});

test('orderCopies does not depend on the order of its input', (t) => {
  checkLaw(
    t,
    fc.property(worlds, (images) => {
      const turned = Object.fromEntries(Object.entries(images).toReversed());
      assert.deepEqual(order(turned), order(images));
    }),
  );
});

function sum(sizes: Blobs): number {
  return Object.values(sizes).reduce((total, size) => total + size, 0);
}
