import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isToolError } from '../../src/base/tool-error.ts';
import type { WantedImage } from '../../src/images/types.ts';
import { findStaleBinding, judgeFact, listStepFacts } from '../../src/plan/find-stale.ts';
import { hashPlan } from '../../src/plan/hash-plan.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { exitCodeOfApply, formatSums, sumOutcomes } from '../../src/plan/sum-outcomes.ts';
import type { ObservedImage, Outcome, Plan } from '../../src/plan/types.ts';
import {
  A,
  ABSENT,
  B,
  deliverable,
  makeImage,
  makeIndex,
  planWorld,
  present,
  seen,
  seenIndex,
  UNKNOWN,
} from '../support/world.ts';

const observedImage = fc.constantFrom<ObservedImage>(
  deliverable(),
  deliverable(A, { protectTag: present(B) }),
  seen({ serving: present(A) }),
  seen({ source: ABSENT }),
  seen({ serving: UNKNOWN }),
  seen({ source: UNKNOWN }),
);
const images = fc
  .array(observedImage, { maxLength: 12 })
  .map((list) =>
    list.map((observed, i): [WantedImage, ObservedImage] => [makeImage(`i${i}`), observed]),
  );

// Promise 8. Seen to fail: with settleLost dropping its outcome, the counts differed.
test('planPass settles every wanted item or names it in exactly one step', () => {
  fc.assert(
    fc.property(images, (world) => {
      const plan = planWorld({
        images: world,
        indexes: [[makeIndex({ imageKeys: world.map(([image]) => image.key) }), seenIndex()]],
      });
      const items = [
        ...plan.settled.map((outcome) => outcome.item),
        ...plan.steps.flatMap((step) => step.items),
      ];
      assert.equal(new Set(items).size, items.length);
      assert.equal(items.length, plan.wantedItems);
      assert.equal(items.length, world.length + 1);
    }),
  );
});

test('planPass does not depend on the order of its input, and puts copies before tags before indexes', () => {
  fc.assert(
    fc.property(images, fc.infiniteStream(fc.nat()), (world, order) => {
      const shuffled = world
        .map((entry) => ({ entry, rank: order.next().value ?? 0 }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ entry }) => entry);
      const plan = planWorld({ images: world });
      assert.deepEqual(planWorld({ images: shuffled }).steps, plan.steps);
      const ranks = plan.steps.map((step) =>
        ['copy', 'tag', 'push-index', 'move-index'].indexOf(step.kind),
      );
      assert.deepEqual(
        ranks,
        ranks.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('planPass after its own plan was carried out is empty', () => {
  fc.assert(
    fc.property(images, (world) => {
      const plan = planWorld({ images: world });
      const copied = new Set(plan.steps.flatMap((step) => step.items));
      const after = world.map(([image, observed]): [WantedImage, ObservedImage] => [
        image,
        copied.has(image.key) ? seen({ serving: present(A) }) : observed,
      ]);
      assert.deepEqual(planWorld({ images: after }).steps, []);
    }),
  );
});

function makePlan(): Plan {
  return planWorld({
    images: [[makeImage('a'), deliverable()]],
    indexes: [[makeIndex(), seenIndex()]],
  });
}

// Promise 10. Seen to fail: with parsePlan not comparing the hash, the edited plan was accepted.
test('parsePlan accepts what plan --out wrote, and refuses it after an edit', () => {
  const plan = makePlan();
  assert.deepEqual(parsePlan(JSON.stringify(plan), 'plan.json'), plan);
  const edited = JSON.stringify(plan).replace('v/a', 'v/z');
  assert.throws(
    () => parsePlan(edited, 'plan.json'),
    (error: unknown) => isToolError(error, 'PLAN_INVALID') && error.message.includes('edited'),
  );
  assert.throws(
    () => parsePlan('{', 'plan.json'),
    (error: unknown) => isToolError(error, 'PLAN_INVALID'),
  );
  assert.throws(
    () => parsePlan('{}', 'plan.json'),
    (error: unknown) => isToolError(error, 'PLAN_INVALID'),
  );
});

// Promise 10. Seen to fail: with the time, the storage or its check left in hashPlan, two plans of one content had two hashes.
test('hashPlan leaves out the time and the room of production, and nothing else', () => {
  const plan = makePlan();
  const text = {
    severity: 'warning',
    message: 'x',
    hint: null,
    catalog: null,
    item: null,
  } as const;
  const check = { ...text, kind: 'pin-ended', neededBy: [] } as const;
  const full = { ...check, kind: 'capacity' } as const;
  const spent = { ...check, kind: 'request-budget' } as const;
  assert.equal(hashPlan({ ...plan, storage: { path: '/x', freeBytes: 1 } }), plan.hash);
  assert.equal(hashPlan({ ...plan, checks: [...plan.checks, full, spent] }), plan.hash);
  assert.notEqual(hashPlan({ ...plan, checks: [...plan.checks, check] }), plan.hash);
  assert.equal(hashPlan({ ...plan, time: '2030-01-01T00:00:00.000Z' }), plan.hash);
  assert.notEqual(hashPlan({ ...plan, revision: '0'.repeat(40) }), plan.hash);
});

// Promise 10. Seen to fail: with the manifest's hashes taken for equal, the list lacked the manifest.
test('findStaleBinding names the manifest and the catalogs that changed, and lets an unrelated commit pass', () => {
  const planned = { mirror: 'm', binding: { manifest: A, catalogs: { x: '1', y: '2' } } };
  assert.deepEqual(findStaleBinding(planned, planned), []);
  assert.deepEqual(
    findStaleBinding(planned, {
      mirror: 'm',
      binding: { manifest: B, catalogs: { x: '1', y: '3' } },
    }).map((fact) => fact.message.split(' has')[0]),
    ['The mirror manifest', 'Catalog y'],
  );
  assert.deepEqual(
    findStaleBinding(planned, { ...planned, mirror: 'n' }).map(({ message }) => message),
    ['It is a plan of mirror m, and this is mirror n.'],
  );
});

// Promise 10. Seen to fail: with judgeFact answering null for every clear answer, nothing was stale.
test('judgeFact finds each kind of step stale when the registry changed under it, and unknown is never as planned', () => {
  const plan = makePlan();
  assert.deepEqual(
    plan.steps.map((step) => step.kind),
    ['copy', 'push-index', 'move-index'],
  );
  for (const step of plan.steps) {
    const facts = listStepFacts(step, 'production');
    assert.ok(facts.length > 0);
    for (const fact of facts) {
      const asPlanned = fact.expected === null ? ABSENT : present(A);
      const other = fact.allowed === undefined ? present(A) : present(B);
      const changed = fact.expected === null ? other : ABSENT;
      assert.equal(judgeFact(step, fact, asPlanned), null);
      assert.equal(judgeFact(step, fact, changed)?.step, step.id);
      assert.equal(judgeFact(step, fact, UNKNOWN)?.step, step.id);
    }
  }
});

function makeOutcome(item: string, kind: Outcome['kind']): Outcome {
  return { item, type: 'image', kind, message: null, code: null };
}

// Promise 8. Seen to fail: with too few outcomes let through, the item without one was not refused.
test('sumOutcomes adds up, and refuses an item that ended twice or not at all', () => {
  assert.equal(
    formatSums(sumOutcomes([makeOutcome('a', 'copied'), makeOutcome('b', 'lost')], 2)),
    'wanted 2 = in-sync 0 + copied 1 + refused 0 + lost 1 + deferred 0 + failed 0',
  );
  assert.throws(
    () => sumOutcomes([makeOutcome('a', 'copied'), makeOutcome('a', 'lost')], 2),
    /ended twice/,
  );
  assert.throws(() => sumOutcomes([makeOutcome('a', 'copied')], 2), /2 items were wanted/);
});

test('exitCodeOfApply is 1 for a failure, 4 for a refusal, 0 when all arrived', () => {
  const plan = planWorld({ images: [[makeImage('a'), deliverable()]] });
  const key = makeImage('a').key;
  assert.deepEqual(
    (['copied', 'in-sync', 'refused', 'failed', 'deferred'] as const).map((kind) =>
      exitCodeOfApply(plan, [makeOutcome(key, kind)]),
    ),
    [0, 0, 4, 1, 1],
  );
});
