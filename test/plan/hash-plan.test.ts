import assert from 'node:assert/strict';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import { digestOf } from '../../src/base/digest.ts';
import { hashPlan } from '../../src/plan/hash-plan.ts';
import { planDelivery, planHostile, planNothing, planTrouble } from '../report/sample-plans.ts';

for (const plan of [planDelivery(), planTrouble(), planNothing(), planHostile()])
  test(`hashPlan hashes the canonical JSON of what a plan says: ${plan.steps.length} steps, ${plan.checks.length} checks`, () => {
    const { hash: _hash, time: _time, storage: _storage, ...content } = plan;
    const hash = hashPlan(plan);
    assert.equal(hash, digestOf(canonicalize(content) ?? ''));
    assert.equal(hashPlan({ ...plan, time: 'later', storage: null, upgrades: [] }), hash);
  });
