import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findBlockedSteps,
  findEndedPins,
  judgeFact,
  listStepFacts,
} from '../../src/plan/find-stale.ts';
import {
  A,
  ABSENT,
  B,
  C,
  deliverable,
  makeImage,
  makeIndex,
  PINNED,
  planWorld,
  present,
  seenIndex,
  seenPin,
} from '../support/world.ts';

// Promise 10. Seen to fail: without facts for its tags, a copy was carried out that had to leave a tag out.
test('a planned copy is stale once one of its tags points at other content', () => {
  const image = makeImage('a', { demandedTags: ['v1'] });
  const plan = planWorld({ images: [[image, deliverable(A, { tags: { v1: ABSENT } })]] });
  const [step] = plan.steps;
  assert.ok(step !== undefined);
  const facts = listStepFacts(step, 'production');
  const tag = facts.find((fact) => fact.reference === 'v1');
  assert.ok(tag !== undefined, facts.map((fact) => fact.reference).join(' '));
  assert.equal(judgeFact(step, tag, ABSENT), null);
  assert.equal(judgeFact(step, tag, present(A)), null, 'it holds the image already');
  assert.match(
    judgeFact(step, tag, present(B))?.message ?? '',
    /v\/a:v1 in production is sha256:b/,
  );
});

// Promise 10.
test('a planned move is stale once the pin that wanted it has ended', () => {
  const pin = { tag: PINNED, reason: 'r', by: 'kim', until: '2026-12-01' };
  const seenNewer = seenIndex({
    moving: present(C),
    servedId: B,
    servedLabelled: true,
    servedImmutable: present(C),
    pinned: seenPin(),
  });
  const plan = planWorld({ indexes: [[makeIndex({ pin }), seenNewer]] });
  assert.deepEqual(findEndedPins(plan, [makeIndex({ pin })]), []);
  assert.deepEqual(findEndedPins(plan, [makeIndex({ endedPin: pin })]), [
    { step: 'index idx', message: 'The pin of idx has ended.' },
  ]);
  const free = planWorld({ indexes: [[makeIndex({ endedPin: pin }), seenIndex()]] });
  assert.deepEqual(findEndedPins(free, [makeIndex({ endedPin: pin })]), [], 'it had ended before');
});

// Promise 10. Seen to fail: without it, a saved plan outlived the waiver that had let it through.
test('a planned step is stale once a policy blocks its item', () => {
  const plan = planWorld({
    images: [[makeImage('a'), deliverable()]],
    indexes: [[makeIndex(), seenIndex()]],
  });
  const check = {
    kind: 'policy',
    severity: 'blocked',
    message: 'Policy soak: too young.',
    hint: null,
    catalog: 'idx',
    item: 'index idx',
    neededBy: [],
  } as const;
  assert.deepEqual(findBlockedSteps(plan, [{ ...check, severity: 'warning' }]), []);
  assert.deepEqual(findBlockedSteps(plan, [check]), [
    { step: 'index idx', message: 'Policy soak: too young.' },
  ]);
  assert.equal(findBlockedSteps(plan, [{ ...check, item: null }]).length, plan.steps.length);
});
