import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import { makeImage, planWorld, seen, UNKNOWN } from '../support/world.ts';

test('planPass tells of a registry that is away a few times, counts the rest, and still settles every item', () => {
  const away = { ...UNKNOWN, hint: 'Start it.' };
  const images = Array.from(
    { length: 30 },
    (_, i) => [makeImage(`i${i}`), seen({ serving: away })] as const,
  );
  const plan = planWorld({ images });
  assert.equal(plan.checks.length, 3);
  assert.match(plan.checks[2]?.message ?? '', /28 more items/);
  assert.deepEqual([plan.settled.length, exitCodeOfPlan(plan)], [30, 1]);
});
