import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
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

const IMMUTABLE = `v1-${'c'.repeat(12)}`;
const ours = seenIndex({
  moving: present(A),
  servedId: B,
  servedLabelled: true,
  servedImmutable: present(A),
});

test('planPass pushes an index that nobody serves, then lets its tag point there', () => {
  const plan = planWorld({ indexes: [[makeIndex(), seenIndex()]] });
  assert.deepEqual(
    plan.steps.map((step) => step.kind),
    ['push-index', 'move-index'],
  );
  const [push, move] = plan.steps;
  assert.ok(push?.kind === 'push-index' && move?.kind === 'move-index');
  assert.deepEqual(
    [push.tag, push.imageId, move.tag, move.immutableTag, move.previous],
    [IMMUTABLE, C, 'v1', IMMUTABLE, null],
  );
  assert.equal(plan.catalogs[0]?.action, 'restore');
});

test('planPass pushes nothing where the registry has that id already', () => {
  const plan = planWorld({
    indexes: [[makeIndex(), { ...ours, expectedImmutable: present(B), expectedImmutableId: C }]],
  });
  assert.deepEqual(
    plan.steps.map((step) => step.kind),
    ['move-index'],
  );
});

test('planPass sees an index with the wanted id as in sync, and gives it back a lost never-moving tag', () => {
  const served = seenIndex({
    moving: present(A),
    servedId: C,
    servedLabelled: true,
    servedImmutable: present(A),
    expectedImmutable: present(A),
    expectedImmutableId: C,
  });
  assert.deepEqual(
    [
      planWorld({ indexes: [[makeIndex(), served]] }).steps,
      exitCodeOfPlan(planWorld({ indexes: [[makeIndex(), served]] })),
    ],
    [[], 0],
  );
  const bare = {
    ...served,
    servedImmutable: ABSENT,
    expectedImmutable: ABSENT,
    expectedImmutableId: null,
  };
  assert.deepEqual(
    planWorld({ indexes: [[makeIndex(), bare]] }).steps.map(
      (step) => step.kind === 'tag' && [step.tag, step.digest],
    ),
    [[IMMUTABLE, A]],
  );
});

// Promise 2. Seen to fail: with judgeIndex answering `ours` for every present index, two steps were planned.
test('planPass never replaces a foreign index, and names what Git lacks', () => {
  const foreign = seenIndex({
    moving: present(A),
    servedId: B,
    servedImmutable: ABSENT,
    foreign: { packages: ['x'], bundles: ['x/x.v1', 'y/y.v2'], otherwise: [] },
  });
  const plan = planWorld({ indexes: [[makeIndex(), foreign]] });
  assert.deepEqual(
    [plan.steps, plan.settled.map((outcome) => outcome.kind), exitCodeOfPlan(plan)],
    [[], ['refused'], 4],
  );
  assert.match(
    plan.checks[0]?.message ?? '',
    /foreign index.*1 package \(x\).*2 bundles \(x\/x\.v1, y\/y\.v2\)/,
  );
  assert.match(plan.checks[0]?.hint ?? '', /merge idx --from production/);
});

// Promise 2. Seen to fail: with any never-moving tag taken for proof, and with the labels not asked for, two steps were planned.
test('planPass takes an index for ours only by its labels and a never-moving tag that holds this very manifest', () => {
  const served = { moving: present(A), servedId: B };
  const forged = [
    { servedLabelled: true, servedImmutable: ABSENT },
    { servedLabelled: true, servedImmutable: present(C) },
    { servedLabelled: false, servedImmutable: present(A) },
  ];
  for (const proof of forged) {
    const plan = planWorld({ indexes: [[makeIndex(), seenIndex({ ...served, ...proof })]] });
    assert.deepEqual(
      [plan.steps, plan.checks[0]?.kind],
      [[], 'foreign-index'],
      JSON.stringify(proof),
    );
  }
});

test('planPass leaves an index that was taken in and equals Git as it is, unless it is to be rebuilt', () => {
  const wanted = makeIndex({ takenIn: [{ digest: A, content: B }] });
  const served = seenIndex({ moving: present(A), servedId: B, servedImmutable: ABSENT });
  const plan = planWorld({ indexes: [[wanted, served]] });
  assert.deepEqual([plan.steps, exitCodeOfPlan(plan)], [[], 0]);
  assert.deepEqual(
    planWorld({ indexes: [[wanted, served]], changes: { rebuild: true } }).steps.map(
      (step) => step.kind,
    ),
    ['tag', 'push-index', 'move-index'],
  );
});

// Promise 2. Seen to fail: with keepPrevious returning nothing, the tag step was missing.
test('planPass gives the index that a tag leaves a never-moving tag first', () => {
  const wanted = makeIndex({ takenIn: [{ digest: A, content: A }] });
  const plan = planWorld({
    indexes: [[wanted, seenIndex({ moving: present(A), servedId: B, servedImmutable: ABSENT })]],
  });
  assert.deepEqual(
    plan.steps.map((step) => step.kind),
    ['tag', 'push-index', 'move-index'],
  );
  assert.ok(
    plan.steps[0]?.kind === 'tag' &&
      plan.steps[0].tag === `v1-${'b'.repeat(12)}` &&
      plan.steps[0].digest === A,
  );
});

test('planPass keeps the left index under its digest where its never-moving tag is taken', () => {
  const wanted = makeIndex({ takenIn: [{ digest: A, content: A }] });
  const plan = planWorld({
    indexes: [
      [wanted, seenIndex({ moving: present(A), servedId: B, servedImmutable: present(C) })],
    ],
  });
  assert.ok(plan.steps[0]?.kind === 'tag' && plan.steps[0].tag === `sha256-${'a'.repeat(64)}`);
});

// Promise 3. Seen to fail: with listObstacles returning nothing, the index was published.
for (const [name, observed, code] of [
  ['lost', seen({ source: ABSENT }), 4],
  ['unknown', seen({ serving: UNKNOWN }), 1],
  ['refused', deliverable(A, { protectTag: present(B) }), 4],
] as const) {
  test(`planPass blocks an index one of whose images is ${name}, and only that index`, () => {
    const image = makeImage('a');
    const other = makeIndex({ catalog: 'other', repository: 'olm/other' });
    const plan = planWorld({
      images: [[image, observed]],
      indexes: [
        [makeIndex({ imageKeys: [image.key] }), ours],
        [other, seenIndex()],
      ],
    });
    assert.deepEqual(
      plan.steps.map((step) => step.id),
      ['push other', 'index other'],
    );
    assert.equal(plan.settled.find((outcome) => outcome.item === 'index idx')?.kind, 'refused');
    assert.match(
      plan.checks.find((check) => check.kind === 'closure')?.message ?? '',
      /quay\.io\/v\/a@sha256:a+ \(idx\/p\/p\.v1\.0\.0\)/,
    );
    assert.equal(exitCodeOfPlan(plan), code);
  });
}

test('planPass is not blocked by what was known to be missing', () => {
  const image = makeImage('a');
  const plan = planWorld({
    images: [[image, seen({ source: ABSENT })]],
    indexes: [[makeIndex({ imageKeys: [image.key] }), ours]],
    changes: { knownMissing: new Map([[image.upstream, null]]) },
  });
  assert.deepEqual(
    plan.steps.map((step) => step.kind),
    ['push-index', 'move-index'],
  );
});

test('planPass refuses a never-moving tag that holds another image', () => {
  const plan = planWorld({
    indexes: [[makeIndex(), { ...ours, expectedImmutable: present(B), expectedImmutableId: A }]],
  });
  assert.deepEqual(
    [plan.steps, plan.checks[0]?.kind, exitCodeOfPlan(plan)],
    [[], 'immutable-tag-taken', 4],
  );
});

// Seen to fail without the check in settle-index.ts.
test('planPass does not replace an index that starts by itself by one that nothing could serve', () => {
  const served = { ...ours, servedStarts: true };
  const lost = planWorld({ indexes: [[makeIndex({ canBeServed: false }), served]] });
  assert.deepEqual(
    [lost.steps, lost.checks[0]?.kind, exitCodeOfPlan(lost)],
    [[], 'program-lost', 4],
  );
  for (const pair of [
    [makeIndex({ canBeServed: true }), served],
    [makeIndex({ canBeServed: false }), ours],
  ] as const)
    assert.deepEqual(
      planWorld({ indexes: [pair] }).steps.map((step) => step.kind),
      ['push-index', 'move-index'],
    );
});

test('planPass tells apart a base that is wrong and one of which the registry said nothing', () => {
  const hint = 'Name another.';
  for (const [code, kind] of [
    ['INDEX_BAD_BASE', 'invalid'],
    ['REGISTRY_SERVER_ERROR', 'unknown'],
  ] as const) {
    const fault = { code, message: 'The base is odd.', hint };
    const plan = planWorld({ changes: { unbuilt: new Map([['idx', fault]]) } });
    const [check] = plan.checks;
    assert.deepEqual(
      [check?.kind, check?.severity, check?.message, check?.hint],
      [
        kind,
        'error',
        'The index of idx cannot be built and stays as it is: The base is odd.',
        hint,
      ],
    );
    assert.deepEqual(
      plan.settled.map(({ item, kind: end, code: why }) => [item, end, why]),
      [['index idx', 'failed', code]],
    );
    assert.equal(exitCodeOfPlan(plan), 1);
  }
});

test('planPass touches no index that it cannot see clearly, or that is broken in Git', () => {
  const unclear = planWorld({ indexes: [[makeIndex(), seenIndex({ moving: UNKNOWN })]] });
  assert.deepEqual(
    [unclear.steps, unclear.settled[0]?.kind, exitCodeOfPlan(unclear)],
    [[], 'failed', 1],
  );
  const broken = planWorld({
    changes: { broken: new Map([['idx', 'catalogs/idx/a/catalog.json:3: bad']]) },
  });
  assert.deepEqual([broken.settled[0]?.kind, exitCodeOfPlan(broken)], ['failed', 1]);
  assert.match(broken.checks[0]?.message ?? '', /catalog\.json:3/);
});

test('planPass does not replace a served index by an empty one, and publishes no empty one', () => {
  const empty = makeIndex({ packages: 0, bundles: 0 });
  const served = seenIndex({
    moving: present(A),
    servedId: B,
    servedLabelled: true,
    servedImmutable: present(A),
  });
  const replaced = planWorld({ indexes: [[empty, served]] });
  assert.deepEqual(
    [replaced.steps, replaced.settled[0]?.kind, exitCodeOfPlan(replaced)],
    [[], 'refused', 4],
  );
  assert.match(replaced.checks[0]?.message ?? '', /holds no package in Git/);
  const fresh = planWorld({ indexes: [[empty, seenIndex()]] });
  assert.deepEqual(
    [fresh.steps, fresh.settled[0]?.kind, exitCodeOfPlan(fresh)],
    [[], 'deferred', 0],
  );
});
