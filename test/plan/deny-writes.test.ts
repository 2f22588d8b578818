import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import type { Plan } from '../../src/plan/types.ts';
import { makeManifest } from '../support/manifest.ts';
import {
  A,
  deliverable,
  makeImage,
  makeIndex,
  planWorld,
  present,
  seen,
  seenIndex,
} from '../support/world.ts';

function planUnder(writePolicy: 'deny' | 'unknown', isDelivered: boolean): Plan {
  const { registries } = makeManifest();
  const production = { ...registries.production, writePolicy };
  const image = makeImage('a', { demandedTags: ['v1'] });
  const there = seen({ serving: present(A), tags: { v1: present(A) } });
  const fresh = deliverable(A, { tags: { v1: { state: 'absent' } } });
  return planWorld({
    images: [[image, isDelivered ? fresh : there]],
    indexes: isDelivered ? [[makeIndex({ imageKeys: [image.key] }), seenIndex()]] : [],
    changes: { manifest: makeManifest({ registries: { ...registries, production } }) },
  });
}

// Seen to fail: with the test of writePolicy negated, the steps of `deny` stayed.
test('planPass refuses every write under writePolicy: deny, and every item still ends once', () => {
  const open = planUnder('unknown', true);
  const denied = planUnder('deny', true);
  assert.ok(open.steps.some((step) => step.kind === 'copy'));
  assert.ok(open.steps.some((step) => step.kind === 'move-index' || step.kind === 'push-index'));
  assert.deepEqual([denied.steps, denied.bytes, exitCodeOfPlan(denied)], [[], 0, 4]);
  assert.deepEqual(
    denied.settled.map(({ item, type, kind, code }) => [item, type, kind, code]),
    open.steps
      .flatMap((step) => step.items)
      .toSorted()
      .map((item) => [
        item,
        item.split(' ').length > 1 ? item.split(' ')[0] : 'image',
        'refused',
        'PLAN_WRITE_DENIED',
      ]),
  );
  assert.equal(denied.wantedItems, open.wantedItems);
  assert.notEqual(denied.hash, open.hash);
  assert.deepEqual(
    denied.catalogs.map(({ action }) => action),
    ['blocked'],
  );
  assert.equal(denied.checks[0]?.kind, 'write-denied');
  assert.match(denied.checks[0]?.message ?? '', /prod.example:5000 takes no writes.*copy of /);
});

test('planPass has nothing to refuse under writePolicy: deny where all is in sync', () => {
  const plan = planUnder('deny', false);
  assert.deepEqual([plan.checks, exitCodeOfPlan(plan)], [[], 0]);
});
