import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WritePolicy } from '../../src/manifest/types.ts';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import type { Plan } from '../../src/plan/types.ts';
import { makeManifest } from '../support/manifest.ts';
import { B, makeIndex, planWorld, present, seenIndex } from '../support/world.ts';

function planUnder(writePolicy: WritePolicy, isServed: boolean): Plan {
  const { registries } = makeManifest();
  const production = { ...registries.production, writePolicy };
  const served = { moving: present(B), servedId: B, servedLabelled: true } as const;
  const observed = isServed ? seenIndex({ ...served, servedImmutable: present(B) }) : seenIndex();
  return planWorld({
    indexes: [[makeIndex(), observed]],
    changes: { manifest: makeManifest({ registries: { ...registries, production } }) },
  });
}

// Seen to fail: with reportPolicy left out of planPass nothing was said; with the test of `previous` left out, the
// first index of a repository was told of too.
test('planPass says once that an unknown write policy is planned as allow, where a tag moves', () => {
  const plan = planUnder('unknown', true);
  const checks = plan.checks.filter(({ kind }) => kind === 'write-policy');
  assert.deepEqual(
    checks.map(({ severity, message }) => [severity, message]),
    [
      [
        'warning',
        'writePolicy of prod.example:5000 is unknown, so it is planned as allow: the tag olm/idx:v1 moves.',
      ],
    ],
  );
  assert.match(checks[0]?.hint ?? '', /spec\.registries\.production\.writePolicy/);
  assert.equal(exitCodeOfPlan(plan), 2);
  for (const other of [planUnder('allow', true), planUnder('unknown', false)]) {
    assert.ok(other.steps.some(({ kind }) => kind === 'move-index'));
    assert.ok(other.checks.every(({ kind }) => kind !== 'write-policy'));
  }
});
