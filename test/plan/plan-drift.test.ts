import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import type { ObservedIndex, Plan } from '../../src/plan/types.ts';
import { makeCatalog } from '../support/catalog.ts';
import {
  A,
  ABSENT,
  B,
  C,
  deliverable,
  makeImage,
  makeIndex,
  planWorld,
  present,
  seen,
  seenIndex,
  UNKNOWN,
} from '../support/world.ts';

const NOTHING = { packages: [], bundles: [], otherwise: [] };
const THERE = { expectedImmutable: present(C), expectedImmutableId: C } as const;
const OURS = {
  moving: present(A),
  servedId: B,
  servedLabelled: true,
  servedImmutable: present(A),
} as const;
const THEIRS = { moving: present(A), servedId: B, servedImmutable: ABSENT } as const;

function shape(plan: Plan): readonly unknown[] {
  return [
    plan.steps.map(({ kind }) => kind),
    plan.checks.map(({ kind, severity }) => `${severity} ${kind}`),
    exitCodeOfPlan(plan),
  ];
}

const MOVES = ['tag', 'push-index', 'move-index'];
const ROWS: readonly (readonly [string, Partial<ObservedIndex>, readonly unknown[]])[] = [
  [
    'a foreign index of which Git lacks nothing',
    { ...THEIRS, foreign: NOTHING },
    [[], ['blocked foreign-index'], 4],
  ],
  ['a foreign index that cannot be read', THEIRS, [[], ['blocked foreign-index'], 4]],
  [
    'a foreign index that says something else of a bundle',
    { ...THEIRS, foreign: { ...NOTHING, otherwise: ['bundle a/a.v1'] } },
    [[], ['blocked foreign-index'], 4],
  ],
  ['an image that is no index', { ...THEIRS, servedIsIndex: false }, [MOVES, ['warning drift'], 2]],
  [
    'an earlier index of ours, where the wanted one is there',
    { ...OURS, ...THERE, movedBack: true },
    [['move-index'], ['warning drift'], 2],
  ],
  ['a later index of ours, as after a revert', { ...OURS, ...THERE }, [['move-index'], [], 2]],
  ['an index of ours before the next', OURS, [['push-index', 'move-index'], [], 2]],
  [
    'nothing, where the wanted index is there',
    { ...THERE, movedBack: true },
    [['move-index'], ['warning loss'], 2],
  ],
  ['nothing, and nothing was there', {}, [['push-index', 'move-index'], [], 2]],
  [
    'what Git wants, beside an overwritten tag',
    { moving: present(A), servedId: C, expectedImmutable: present(B), expectedImmutableId: B },
    [[], ['blocked immutable-tag-taken'], 4],
  ],
];

// Seen to fail: with each branch of settleMoving in turn as it was before.
for (const [what, observed, expected] of ROWS) {
  test(`planPass tells ${what} under the index tag as what it is`, () => {
    assert.deepEqual(shape(planWorld({ indexes: [[makeIndex(), seenIndex(observed)]] })), expected);
  });
}

test('planPass gives what drifts away a tag of its own, and does not move the tag past an obstacle', () => {
  const observed = seenIndex({ ...THEIRS, servedIsIndex: false });
  const [keep] = planWorld({ indexes: [[makeIndex(), observed]] }).steps;
  assert.ok(keep?.kind === 'tag');
  assert.deepEqual([keep.tag, keep.digest], [`v1-${'b'.repeat(12)}`, A]);
  const image = makeImage('hidden');
  const plan = planWorld({
    images: [[image, seen({ serving: UNKNOWN })]],
    indexes: [[makeIndex({ imageKeys: [image.key] }), observed]],
  });
  assert.deepEqual(plan.steps, []);
  assert.ok(plan.checks.some(({ kind }) => kind === 'drift'));
  assert.ok(plan.checks.some(({ kind }) => kind === 'closure'));
});

// Seen to fail: with `partial` not looked at in judgeIndex it was published over.
test('planPass takes an index that a gap kept out of Git for foreign, and says what is to be done', () => {
  const wanted = makeIndex({ takenIn: [{ digest: A, content: B, partial: true }] });
  const foreign = { ...NOTHING, otherwise: ['bundle a/a.v1'] };
  const plan = planWorld({ indexes: [[wanted, seenIndex({ ...THEIRS, foreign })]] });
  assert.deepEqual(shape(plan), [[], ['blocked foreign-index'], 4]);
  assert.match(plan.checks[0]?.message ?? '', /a gap kept a part of it out of Git/);
  assert.match(plan.checks[0]?.hint ?? '', /bridge/);
});

const LOST = makeImage('p-operand', {
  neededBy: [{ catalog: 'idx', package: 'p', item: 'p.v1.0.0' }],
});
const SERVED = makeCatalog({
  p: [{ version: '1.0.0', image: 'quay.io/v/p:1', related: [LOST.upstream] }],
});

// Seen to fail: with `names` left out the new image of a bundle counted as lost; with the filter by
// known missing left out, so did the old debt.
test('planPass calls lost what the served index names, not what a commit brings, nor an old debt', () => {
  const fresh = makeImage('q', {
    digest: B,
    neededBy: [{ catalog: 'idx', package: 'p', item: 'p.v1.0.0' }],
  });
  const served = new Map([['idx', { content: SERVED, published: true }]]);
  const lost = planWorld({
    images: [
      [LOST, deliverable(A)],
      [fresh, deliverable(B)],
    ],
    changes: { served },
  });
  assert.deepEqual(shape(lost), [['copy', 'copy'], ['warning loss'], 2]);
  assert.match(
    lost.checks[0]?.message ?? '',
    /lost 1 image that its index of idx names: quay\.io\/v\/p-operand@/,
  );
  const brought = planWorld({ images: [[fresh, deliverable(B)]], changes: { served } });
  assert.deepEqual(shape(brought), [['copy'], [], 2]);
  const debt = planWorld({
    images: [[LOST, seen({ source: ABSENT })]],
    changes: { served, knownMissing: new Map([[LOST.upstream, []]]) },
  });
  assert.deepEqual(shape(debt), [[], ['warning known-missing'], 0]);
});

test('planPass shortens a long list of losses, and names a tag-only image by its tag', () => {
  const images = Array.from({ length: 8 }, (_, i) =>
    makeImage(`op${i}`, { digest: null, tag: '1', upstream: `quay.io/v/op${i}:1` }),
  );
  const related = images.map(({ upstream }) => upstream);
  const served = makeCatalog({ p: [{ version: '1.0.0', image: 'quay.io/v/p:1', related }] });
  const plan = planWorld({
    images: images.map((image) => [image, deliverable(A)]),
    changes: { served: new Map([['idx', { content: served, published: false }]]) },
  });
  const [loss] = plan.checks.filter(({ kind }) => kind === 'loss');
  assert.match(loss?.message ?? '', /lost, or never had, 8 images .*op0:1, .*op4:1, and 3 more\./);
});

test('planPass tells an overwritten tag from one that would move, and keeps both', () => {
  const image = makeImage('ubi', { demandedTags: ['9.6'] });
  const overwritten = planWorld({
    images: [[image, seen({ serving: present(A), tags: { '9.6': present(C) } })]],
  });
  assert.deepEqual(shape(overwritten), [[], ['blocked overwrite'], 4]);
  const taken = planWorld({ images: [[image, deliverable(A, { tags: { '9.6': present(C) } })]] });
  assert.deepEqual(shape(taken), [[], ['blocked tag-would-move'], 4]);
});
