import assert from 'node:assert/strict';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import { digestOf } from '../../src/base/digest.ts';
import { hashPlan } from '../../src/plan/hash-plan.ts';
import type { Plan } from '../../src/plan/types.ts';

const PLAN: Omit<Plan, 'hash'> = {
  apiVersion: 'olmirror/v1alpha1',
  kind: 'Plan',
  mirror: 'm',
  revision: 'r',
  time: '2026-01-01T00:00:00.000Z',
  indexOnly: false,
  binding: { registries: [], files: [] } as unknown as Plan['binding'],
  steps: [],
  checks: [
    { kind: 'closure', result: 'warning', message: 'ä "x"\n', items: ['b', 'a'] },
    { kind: 'capacity', result: 'warning', message: 'full', items: [] },
  ] as unknown as Plan['checks'],
  settled: [
    { item: 'b', kind: 'in-sync' },
    { kind: 'lost', item: 'a' },
  ] as unknown as Plan['settled'],
  catalogs: [],
  wantedItems: 2,
  bytes: 1e21,
  repositories: [],
  storage: null,
};

test('hashPlan hashes the canonical JSON of what the plan says, whatever the order of its fields', () => {
  const { time: _time, storage: _storage, ...content } = PLAN;
  const whole = canonicalize({ ...content, checks: PLAN.checks.slice(0, 1) });
  assert.equal(hashPlan(PLAN), digestOf(whole ?? ''));
  const turned = Object.fromEntries(Object.entries(PLAN).toReversed()) as unknown as typeof PLAN;
  assert.equal(hashPlan(turned), hashPlan(PLAN));
});
