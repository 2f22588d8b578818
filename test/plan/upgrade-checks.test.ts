import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MirrorPolicy } from '../../src/manifest/types.ts';
import { hashPlan } from '../../src/plan/hash-plan.ts';
import type { ClusterUpgrade } from '../../src/plan/review-types.ts';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { InUseFacts } from '../../src/plan/upgrade-checks.ts';
import { makeManifest } from '../support/manifest.ts';
import { A, makeIndex, planWorld, present, seenIndex } from '../support/world.ts';

function upgrade(
  effect: ClusterUpgrade['effect'],
  changes: Partial<ClusterUpgrade> = {},
): ClusterUpgrade {
  return {
    cluster: 'prod',
    user: 'Subscription ops/a',
    catalog: 'idx',
    package: 'a',
    channel: 'stable',
    from: 'a.v1.0.0',
    to: effect === 'stranded' ? null : 'a.v1.1.0',
    effect,
    seen: null,
    ...changes,
  };
}

const OURS = { moving: present(A), servedId: A, servedLabelled: true, servedImmutable: present(A) };

function plan(
  inUse: InUseFacts | undefined,
  policy: Partial<MirrorPolicy> = {},
  observed = seenIndex(OURS),
): Plan {
  const manifest = makeManifest();
  return planWorld({
    indexes: [[makeIndex(), observed]],
    changes: {
      manifest: { ...manifest, policy: { ...manifest.policy, ...policy } },
      ...(inUse === undefined ? {} : { inUse }),
    },
  });
}

function facts(...upgrades: readonly ClusterUpgrade[]): InUseFacts {
  return { upgrades, fault: null };
}

function sum({ steps, checks }: Plan): readonly unknown[] {
  return [steps.length > 0, checks.map(({ kind, severity }) => `${kind} ${severity}`)];
}

/** What meets clusters, the policies, whether the index is published, and what is said. */
const CASES: readonly (readonly [
  ClusterUpgrade['effect'],
  Partial<MirrorPolicy>,
  boolean,
  readonly string[],
  number,
])[] = [
  ['automatic', {}, true, ['automatic-upgrade warning'], 2],
  ['automatic', { automaticUpgrades: 'off' }, true, [], 2],
  ['automatic', { automaticUpgrades: 'block' }, false, ['automatic-upgrade blocked'], 4],
  ['stranded', {}, false, ['stranded-upgrade blocked'], 4],
  ['stranded', { strandedUpgrades: 'warn' }, true, ['stranded-upgrade warning'], 2],
  ['manual', { automaticUpgrades: 'block' }, true, [], 2],
  ['opened', { automaticUpgrades: 'block' }, true, [], 2],
];
// Seen to fail: without `refusals` in settleIndex what is to block was published all the same.
for (const [effect, policy, publishes, checks, code] of CASES)
  test(`planPass ${publishes ? 'publishes' : 'holds'} an index that is ${effect} under ${JSON.stringify(policy)}`, () => {
    const made = plan(facts(upgrade(effect)), policy);
    assert.deepEqual(sum(made), [publishes, checks]);
    assert.deepEqual(made.upgrades, [upgrade(effect)]);
    assert.equal(exitCodeOfPlan(made), code);
  });

test('planPass names the first three upgrades, counts the others, and tells both policies of an index that is held', () => {
  const many = Array.from({ length: 5 }, (_, i) => upgrade('automatic', { cluster: `c${i}` }));
  const [first, second] = plan(facts(...many, upgrade('stranded')), {
    automaticUpgrades: 'block',
  }).checks;
  assert.match(
    first?.message ?? '',
    /^5 installed operators upgrade by themselves as soon as this is served: a\.v1\.0\.0 → a\.v1\.1\.0 \(Subscription ops\/a of c0\); .*c2\); and 2 more\.$/,
  );
  assert.equal(second?.kind, 'stranded-upgrade');
});

test('planPass holds a catalog alone whose clusters would be cut off', () => {
  const made = plan(facts(upgrade('stranded', { catalog: 'other' })));
  assert.deepEqual([sum(made), made.upgrades], [[true, []], []]);
});

test('planPass lets an index that was published before go back, and only warns', () => {
  const { imageId } = makeIndex();
  const back = seenIndex({ ...OURS, expectedImmutable: present(A), expectedImmutableId: imageId });
  assert.deepEqual(sum(plan(facts(upgrade('stranded')), {}, back)), [
    true,
    ['drift warning', 'stranded-upgrade warning'].filter((word) => word.startsWith('stranded')),
  ]);
});

test('planPass says nothing where there is no in-use.yaml, and leaves upgrades out', () => {
  const made = plan(undefined, { automaticUpgrades: 'block' });
  assert.deepEqual(sum(made), [true, []]);
  assert.ok(!('upgrades' in made));
});

// What is not known must not pass a policy that blocks.
test('planPass holds every index where in-use.yaml cannot be read, unless no policy blocks', () => {
  const fault = { upgrades: [], fault: { message: 'in-use.yaml is not valid.', hint: undefined } };
  assert.deepEqual(sum(plan(fault)), [false, ['invalid error', 'invalid blocked']]);
  assert.deepEqual(sum(plan(fault, { strandedUpgrades: 'warn' })), [true, ['invalid warning']]);
});

// Promise 10, both ways: an approval neither ends with a cluster that was seen anew, nor hides what blocks now.
test('hashPlan does not hang on what clusters run until that holds an index', () => {
  const quiet = plan(facts());
  const warned = plan(facts(upgrade('automatic')));
  assert.equal(warned.checks.length, 1);
  assert.equal(hashPlan(warned), hashPlan(quiet));
  assert.notEqual(hashPlan(plan(facts(upgrade('stranded')))), hashPlan(quiet));
});
