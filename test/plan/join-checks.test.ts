import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinChecks } from '../../src/plan/join-checks.ts';
import { exitCodeOfReview } from '../../src/plan/sum-outcomes.ts';
import type { Check } from '../../src/plan/types.ts';
import { REVIEWS } from '../report/sample-reviews.ts';

const OFFER: Check = {
  kind: 'policy',
  severity: 'blocked',
  message: 'Policy channelRemoval: Channel beta of foo goes.',
  hint: null,
  catalog: 'idx',
  item: null,
  neededBy: [],
};
const PLANNED: Check = { ...OFFER, item: 'index:idx' };

function join(own: readonly Check[], planned: readonly Check[]): readonly Check[] {
  const { online } = REVIEWS;
  assert.ok(online?.plan);
  const review = { ...online, checks: own, plan: { ...online.plan, checks: planned } };
  const blocks = own.concat(planned).some(({ severity }) => severity === 'blocked');
  assert.equal(exitCodeOfReview(review), blocks ? 4 : 2);
  return joinChecks(review);
}

// Seen to fail: with both lists one after the other, one refusal was counted as two.
test('joinChecks tells once what the comparison and the plan both found', () => {
  assert.deepEqual(join([OFFER], [PLANNED]), [PLANNED]);
  const other = { ...PLANNED, catalog: 'other', item: 'index:other' };
  assert.deepEqual(join([OFFER], [other]), [OFFER, other]);
});

// Seen to fail: with the plan's word taken whatever it is, a refusal of the comparison went.
test('joinChecks keeps the worse of two that say the same', () => {
  const milder = { ...PLANNED, severity: 'warning' } as const;
  assert.deepEqual(join([OFFER], [milder]), [OFFER]);
  assert.deepEqual(join([{ ...OFFER, severity: 'warning' }], [PLANNED]), [PLANNED]);
});
