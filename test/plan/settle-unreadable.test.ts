import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnreadableImage } from '../../src/images/types.ts';
import { exitCodeOfApply, exitCodeOfPlan, sumOutcomes } from '../../src/plan/sum-outcomes.ts';
import { makeIndex, planWorld, seenIndex } from '../support/world.ts';

// Seen to fail with the obstacle left out, with an obstacle for every catalog, and with the outcome left out.

const UPSTREAM = `quay.io/v/odd@sha512:${'a'.repeat(128)}`;
const ODD: UnreadableImage = {
  upstream: UPSTREAM,
  neededBy: [{ catalog: 'idx', package: 'p', item: 'p.v1.0.0' }],
  problem: {
    severity: 'error',
    code: 'BASE_BAD_IMAGE_REF',
    message: 'idx/p/p.v1.0.0: it is odd.',
    hint: 'Write it otherwise.',
  },
};
const WORLD = {
  unreadable: [ODD],
  indexes: [
    [makeIndex(), seenIndex()],
    [makeIndex({ catalog: 'other' }), seenIndex()],
  ],
} as const;

test('an image that no registry takes is refused and keeps back the indexes that name it, and no other', () => {
  const plan = planWorld(WORLD);
  assert.deepEqual(
    plan.steps.map((step) => step.id),
    ['push other', 'index other'],
  );
  assert.deepEqual(
    plan.settled.map(({ item, type, kind, code }) => [item, type, kind, code]),
    [
      ['index idx', 'index', 'refused', 'APPLY_CLOSURE'],
      [`reference ${UPSTREAM}`, 'image', 'refused', 'BASE_BAD_IMAGE_REF'],
    ],
  );
  assert.deepEqual(
    plan.checks.map(({ kind, severity, message, hint, catalog }) => [
      kind,
      severity,
      message.split(': ')[0],
      hint,
      catalog,
    ]),
    [
      ['invalid', 'error', 'idx/p/p.v1.0.0', 'Write it otherwise.', 'idx'],
      ['closure', 'blocked', plan.checks[1]?.message.split(': ')[0], plan.checks[1]?.hint, 'idx'],
    ],
  );
  assert.match(plan.checks[1]?.message ?? '', /sha512:a+ \(idx\/p\/p\.v1\.0\.0\) is no reference/);
  assert.equal(plan.wantedItems, 3);
  assert.equal(exitCodeOfPlan(plan), 1);
});

test('one that is known to be missing is told and keeps nothing back', () => {
  const plan = planWorld({ ...WORLD, changes: { knownMissing: new Map([[UPSTREAM, null]]) } });
  assert.deepEqual(
    plan.steps.map((step) => step.id),
    ['push idx', 'push other', 'index idx', 'index other'],
  );
  assert.deepEqual(
    plan.checks.map(({ kind, severity }) => [kind, severity]),
    [['known-missing', 'warning']],
  );
  assert.equal(sumOutcomes(plan.settled, 1).lost, 1);
  assert.equal(exitCodeOfPlan(plan), 2);
  assert.equal(exitCodeOfApply(plan, plan.settled), 0);
});

test('where images are left aside, such a reference is too', () => {
  const plan = planWorld({ ...WORLD, changes: { indexOnly: true } });
  assert.deepEqual(plan.settled, []);
  assert.deepEqual(
    plan.checks.map(({ kind }) => kind),
    ['index-only'],
  );
});
