import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { assertFresh, type FreshFacts } from '../../src/reconcile/run-pass.ts';
import { createFakeRegistry } from '../fakes/registry.ts';
import {
  B,
  C,
  makeIndex,
  PINNED,
  planWorld,
  present,
  seenIndex,
  seenPin,
} from '../support/world.ts';

// Promise 10. Seen to fail: without findEndedPins the tag would have gone to a pin that no longer counted.
test('assertFresh refuses a saved plan that moves a tag for a pin which has ended since', async () => {
  const pin = { tag: PINNED, reason: 'r', by: 'kim', until: '2026-12-01' };
  const newer = { moving: present(C), servedId: B, servedLabelled: true } as const;
  const observed = seenIndex({ ...newer, servedImmutable: present(C), pinned: seenPin() });
  const plan = planWorld({ indexes: [[makeIndex({ pin }), observed]] });
  assert.deepEqual(
    plan.steps.map(({ kind }) => kind),
    ['move-index'],
  );
  const production = createFakeRegistry();
  production.answer('olm/idx', 'v1', present(C));
  function facts(wanted: Parameters<typeof makeIndex>[0]): FreshFacts {
    return {
      state: { binding: plan.binding, manifest: { name: plan.mirror, strategy: 'append' } },
      plan: { checks: [] },
      indexes: [{ wanted: makeIndex(wanted) }],
      registries: { production, staging: createFakeRegistry() },
    };
  }
  const { signal } = new AbortController();
  const deps = { git: { resolveRevision: () => Promise.resolve(null) }, signal };
  await assertFresh(plan, facts({ pin }), deps);
  await assert.rejects(
    assertFresh(plan, facts({ endedPin: pin }), deps),
    (error) =>
      isToolError(error, 'PLAN_STALE') &&
      error.message.includes('step index idx: The pin of idx has ended.'),
  );
});
