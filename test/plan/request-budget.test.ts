import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Budget } from '../../src/plan/request-budget.ts';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import type { Plan } from '../../src/plan/types.ts';
import {
  A,
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

/** Two images to copy, of one and of two blobs, and an index of five images that is to be published. */
function planUnder(budget?: Partial<Budget>): Plan {
  const first = makeImage('a');
  const second = makeImage('b', { digest: B });
  const there = ['c', 'd', 'e'].map((name) => makeImage(name));
  const imageKeys = [first, second, ...there].map(({ key }) => key);
  return planWorld({
    images: [
      [first, deliverable(A)],
      [second, deliverable(B, { blobs: { [A]: 5, [B]: 7 } })],
      ...there.map((image) => [image, seen({ serving: present(A) })] as const),
    ],
    indexes: [[makeIndex({ imageKeys }), seenIndex()]],
    ...(budget !== undefined && {
      changes: {
        budget: { production: unlimited('p'), staging: unlimited('s'), defers: true, ...budget },
      },
    }),
  });
}

function unlimited(host: string): Budget['production'] {
  return { host, spent: 0, perDay: null };
}

// 4 + 1 HEADs and GETs and 2 + 5 × 1 of skopeo; 5 and 12; 4 and 2 + 5 × 4 for the index; 3 + 5 and 5 + 4 for its tag.
const COSTS = [12, 17, 26, 17];
const ALL = 72;

function ids(plan: Plan): readonly string[] {
  return plan.steps.map(({ kind }) => kind);
}

test('planPass estimates the requests of the steps at each registry, olmirror and skopeo apart', () => {
  const plan = planUnder();
  assert.deepEqual(ids(plan), ['copy', 'copy', 'push-index', 'move-index']);
  assert.deepEqual(plan.requests, {
    production: { olmirror: 22, skopeo: 50 },
    staging: { olmirror: 0, skopeo: 7 },
  });
  assert.equal(
    COSTS.reduce((sum, cost) => sum + cost, 0),
    ALL,
  );
});

test('planPass without steps takes no requests', () => {
  assert.equal(planWorld({}).requests, undefined);
});

interface Row {
  readonly left: number;
  readonly kept: readonly string[];
  readonly deferred: number;
}

const ROWS: readonly Row[] = [
  { left: ALL, kept: ['copy', 'copy', 'push-index', 'move-index'], deferred: 0 },
  { left: ALL - 1, kept: ['copy', 'copy', 'push-index'], deferred: 1 },
  { left: 29, kept: ['copy', 'copy'], deferred: 1 },
  { left: 28, kept: ['copy'], deferred: 2 },
  { left: 11, kept: [], deferred: 3 },
  { left: -5, kept: [], deferred: 3 },
];

// Promise 8. Seen to fail: with `>=` in isOver the first row, with the steps that do not fit left out of `settled` the others.
for (const { left, kept, deferred } of ROWS)
  test(`planPass keeps ${kept.length} of 4 steps where ${left} requests are left of the day`, () => {
    const open = planUnder();
    const plan = planUnder({
      production: { host: 'nexus:5000', spent: 1000 - left, perDay: 1000 },
    });
    assert.deepEqual(ids(plan), kept);
    assert.equal(plan.wantedItems, open.wantedItems);
    const put = plan.settled.filter(({ kind }) => kind === 'deferred');
    assert.equal(put.length, deferred);
    assert.ok(put.every(({ code }) => code === 'PLAN_OVER_BUDGET'));
    assert.equal(plan.settled.length + plan.steps.flatMap(({ items }) => items).length, 6);
    if (deferred === 0) return;
    assert.match(
      put[0]?.message ?? '',
      /^The requests of today at nexus:5000 are used up; this goes on at 2026-01-02 00:00 UTC\.$/,
    );
    assert.deepEqual(
      plan.checks.map(({ kind, severity, message }) => [kind, severity, message]),
      [
        [
          'request-budget',
          'warning',
          `This takes about 72 requests at nexus:5000, which has had ${(1000 - left).toLocaleString('en-US')} of 1,000 today. What does not fit goes on at 2026-01-02 00:00 UTC.`,
        ],
      ],
    );
    assert.equal(plan.catalogs[0]?.action, 'blocked');
  });

test('planPass keeps to the budget of staging too', () => {
  const plan = planUnder({ staging: { host: 'nexus:5001', spent: 0, perDay: 3 } });
  assert.deepEqual(ids(plan), ['copy']);
});

test('planPass only says it where a person applies', () => {
  const production = { host: 'nexus:5000', spent: 990, perDay: 1000 };
  const plan = planUnder({ production, defers: false });
  assert.deepEqual(ids(plan), ['copy', 'copy', 'push-index', 'move-index']);
  assert.deepEqual(
    plan.checks.map(({ kind, hint }) => [kind, hint]),
    [
      [
        'request-budget',
        '`olmirror apply` does it all the same; `watch` keeps to spec.registries.production.requestsPerDay and goes on at 2026-01-02 00:00 UTC.',
      ],
    ],
  );
  assert.equal(exitCodeOfPlan(plan), 2);
});

// Seen to fail: with PLAN_UNPROVED counted among the obstacles in isHarmless, the index was refused and waited for a person.
test('planPass lets an index wait for an image that could not be asked for, and refuses nothing for it', () => {
  const image = makeImage('a');
  const production = { ...UNKNOWN, code: 'PLAN_UNPROVED' } as const;
  const plan = planWorld({
    images: [[image, seen({ serving: production })]],
    indexes: [[makeIndex({ imageKeys: [image.key] }), seenIndex()]],
  });
  assert.deepEqual(ids(plan), []);
  assert.deepEqual(
    plan.settled.map(({ kind, code }) => [kind, code]),
    [
      ['deferred', 'PLAN_UNPROVED'],
      ['deferred', 'PLAN_UNPROVED'],
    ],
  );
  assert.deepEqual(
    plan.checks.map(({ kind, severity }) => [kind, severity]),
    [['request-budget', 'warning']],
  );
});
