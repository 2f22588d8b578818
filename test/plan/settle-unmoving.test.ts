import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import {
  A,
  ABSENT,
  B,
  C,
  makeImage,
  makeIndex,
  PINNED,
  planWorld,
  present,
  seen,
  seenIndex,
  seenPin,
  UNKNOWN,
} from '../support/world.ts';

const IMMUTABLE = `v1-${'c'.repeat(12)}`;
const wanted = makeIndex({ moves: false });

// Seen to fail: with `moves` not asked for, the tag was to move.
test('planPass publishes the immutable tag alone where no tag may move, whatever the other serves', () => {
  for (const observed of [
    seenIndex(),
    seenIndex({ moving: present(A), servedId: B, servedImmutable: ABSENT }),
  ]) {
    const plan = planWorld({ indexes: [[wanted, observed]] });
    assert.deepEqual(
      plan.steps.map((step) => step.kind === 'push-index' && [step.tag, step.items]),
      [[IMMUTABLE, ['index idx']]],
    );
    assert.deepEqual(
      plan.catalogs.map(({ target, servedId, action }) => [target, servedId, action]),
      [[`olm/idx:${IMMUTABLE}`, null, 'publish']],
    );
  }
});

test('planPass sees the immutable tag as what is served where no tag may move', () => {
  const there = { expectedImmutable: present(A), expectedImmutableId: C };
  const plan = planWorld({ indexes: [[wanted, seenIndex(there)]] });
  assert.deepEqual([plan.steps, plan.checks, plan.settled[0]?.kind], [[], [], 'in-sync']);
  assert.equal(plan.catalogs[0]?.servedId, C);
  const taken = { moving: present(A), servedId: B };
  const equal = { ...wanted, takenIn: [{ digest: A, content: B }] };
  const kept = planWorld({ indexes: [[equal, seenIndex(taken)]] });
  assert.deepEqual([kept.steps, kept.settled[0]?.kind], [[], 'in-sync']);
});

test('planPass says where Git tells clusters of another index than it wants served', () => {
  const there = seenIndex({ expectedImmutable: present(A), expectedImmutableId: C });
  const told = planWorld({ indexes: [[{ ...wanted, told: [IMMUTABLE] }, there]] });
  assert.deepEqual(told.checks, []);
  const untold = planWorld({ indexes: [[{ ...wanted, told: [IMMUTABLE, PINNED] }, there]] });
  assert.deepEqual(
    untold.checks.map(({ kind, severity }) => [kind, severity]),
    [['cluster-differs', 'warning']],
  );
  assert.match(untold.checks[0]?.message ?? '', /tells clusters of olm\/idx:v1-a+ below cluster/);
  const equal = { ...wanted, takenIn: [{ digest: A, content: B }], told: [IMMUTABLE] };
  const taken = seenIndex({ moving: present(A), servedId: B });
  const published = planWorld({ indexes: [[equal, taken]] });
  assert.deepEqual(
    published.steps.map(({ kind }) => kind),
    ['push-index'],
    'what clusters are told of must be there',
  );
});

test('planPass pushes nothing where no tag may move and something is in the way', () => {
  const image = makeImage('a');
  const cases = [
    [seenIndex({ expectedImmutable: UNKNOWN }), {}, ['unknown', 1]],
    [seenIndex({ moving: UNKNOWN }), {}, ['unknown', 1]],
    [
      seenIndex({ expectedImmutable: present(A), expectedImmutableId: A }),
      {},
      ['immutable-tag-taken', 4],
    ],
    [seenIndex(), { imageKeys: [image.key] }, ['closure', 4]],
  ] as const;
  for (const [observed, changes, expected] of cases) {
    const plan = planWorld({
      images: [[image, seen({ source: ABSENT })]],
      indexes: [[{ ...wanted, ...changes }, observed]],
    });
    const check = plan.checks.find(({ catalog }) => catalog === 'idx');
    const about = plan.checks.find(({ kind }) => kind === expected[0]);
    assert.ok(check !== undefined && about !== undefined, expected[0]);
    assert.deepEqual([plan.steps, exitCodeOfPlan(plan)], [[], expected[1]]);
  }
});

test('planPass moves nothing for a pin where no tag may move, and wants its tag there', () => {
  const pinned = makeIndex({
    moves: false,
    pin: { tag: PINNED, reason: 'r', by: 'kim', until: null },
  });
  const there = planWorld({ indexes: [[pinned, seenIndex({ pinned: seenPin() })]] });
  assert.deepEqual([there.steps, there.settled[0]?.kind], [[], 'in-sync']);
  assert.equal(there.catalogs[0]?.target, `olm/idx:${PINNED}`);
  const gone = seenIndex({ pinned: seenPin({ presence: ABSENT, imageId: null }) });
  const absent = planWorld({ indexes: [[pinned, gone]] });
  assert.deepEqual([absent.steps, absent.checks[0]?.kind], [[], 'pin-missing']);
});
