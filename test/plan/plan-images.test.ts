import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOfPlan } from '../../src/plan/sum-outcomes.ts';
import { makeManifest } from '../support/manifest.ts';
import {
  A,
  ABSENT,
  B,
  C,
  deliverable,
  makeImage,
  makeIndex,
  planWorld,
  present,
  seen,
  seenIndex,
  UNKNOWN,
} from '../support/world.ts';

test('planPass copies what staging has and production lacks, by digest to the tag that never moves', () => {
  const image = makeImage('a', { arrivalTags: ['v1'] });
  const plan = planWorld({ images: [[image, deliverable(A, { tags: { v1: ABSENT } })]] });
  const [step] = plan.steps;
  assert.ok(step?.kind === 'copy');
  assert.deepEqual(
    [step.digest, step.protectTag, step.tags, step.bytes],
    [A, `sha256-${'a'.repeat(64)}`, ['v1'], 100],
  );
  assert.deepEqual(step.items, [image.key]);
  assert.equal(exitCodeOfPlan(plan), 2);
});

// Promise 5. Seen to fail: with settlePresent asking for the protect tag under `new`, a step appeared.
test('planPass takes an image that production holds for in sync, whatever its tags', () => {
  const plan = planWorld({ images: [[makeImage('a'), seen({ serving: present(A) })]] });
  assert.deepEqual(
    [plan.steps, plan.settled.map((outcome) => outcome.kind), exitCodeOfPlan(plan)],
    [[], ['in-sync'], 0],
  );
});

// Promise 5. Seen to fail: with settleTags ending before the protect tag, the step was missing.
test('planPass adds the never-moving tag to what is there already only under protect: all', () => {
  const manifest = makeManifest({ policy: { ...makeManifest().policy, protect: 'all' } });
  const plan = planWorld({
    images: [[makeImage('a'), seen({ serving: present(A), protectTag: ABSENT })]],
    changes: { manifest },
  });
  assert.deepEqual(
    plan.steps.map((step) => step.kind === 'tag' && [step.tag, step.digest]),
    [[`sha256-${'a'.repeat(64)}`, A]],
  );
});

// Promise 6. Seen to fail: with `unknown` treated as `absent` in settleImage, a copy was planned.
for (const [where, observed] of [
  ['production', seen({ serving: UNKNOWN })],
  ['staging', seen({ source: UNKNOWN })],
  ['the never-moving tag', deliverable(A, { protectTag: UNKNOWN })],
] as const) {
  test(`planPass neither copies nor calls in sync what is unknown in ${where}`, () => {
    const plan = planWorld({ images: [[makeImage('a'), observed]] });
    assert.deepEqual(
      [plan.steps, plan.settled.map((outcome) => outcome.kind), exitCodeOfPlan(plan)],
      [[], ['failed'], 1],
    );
    assert.match(plan.checks[0]?.message ?? '', /unknown: it answered 500/);
  });
}

test('planPass reports an image in neither registry as lost and names bundle and image', () => {
  const plan = planWorld({ images: [[makeImage('a'), seen({ source: ABSENT })]] });
  assert.deepEqual(
    [plan.steps, plan.settled.map((outcome) => outcome.kind), exitCodeOfPlan(plan)],
    [[], ['lost'], 4],
  );
  assert.match(
    plan.checks[0]?.message ?? '',
    /quay\.io\/v\/a@sha256:a+ is neither in production nor in staging .*p\.v1\.0\.0/,
  );
});

test('planPass only reports what was known to be missing', () => {
  const image = makeImage('a');
  const plan = planWorld({
    images: [[image, seen({ source: ABSENT })]],
    changes: { knownMissing: new Map([[image.upstream, null]]) },
  });
  assert.deepEqual(
    [plan.settled[0]?.kind, plan.checks[0]?.severity, exitCodeOfPlan(plan)],
    ['lost', 'warning', 0],
  );
});

test('planPass refuses a copy whose never-moving tag holds other content', () => {
  const plan = planWorld({
    images: [[makeImage('a'), deliverable(A, { protectTag: present(B) })]],
  });
  assert.deepEqual(
    [plan.steps, plan.settled[0]?.kind, plan.checks[0]?.kind, exitCodeOfPlan(plan)],
    [[], 'refused', 'immutable-tag-taken', 4],
  );
});

test('planPass uses olmirror-<hex> where sha256-<hex> holds a referrers index', () => {
  const plan = planWorld({
    images: [[makeImage('a'), deliverable(A, { protectTag: ABSENT, protectTagIsReferrers: true })]],
  });
  assert.ok(
    plan.steps[0]?.kind === 'copy' && plan.steps[0].protectTag === `olmirror-${'a'.repeat(64)}`,
  );
});

// Promise 2. Seen to fail: with the movableTags test in settleTag negated, a tag step moved 9.6.
test('planPass refuses to move a demanded tag, copies nothing for it, and lets the rest go on', () => {
  const tagged = makeImage('ubi', { demandedTags: ['9.6'] });
  const other = makeImage('other', { digest: B });
  const plan = planWorld({
    images: [
      [tagged, deliverable(A, { tags: { '9.6': present(C) } })],
      [other, deliverable(B)],
    ],
  });
  assert.deepEqual(
    plan.steps.map((step) => step.items),
    [[other.key]],
  );
  assert.deepEqual(
    plan.settled.map((outcome) => [outcome.item, outcome.kind]),
    [
      ['tag v/ubi:9.6', 'refused'],
      [tagged.key, 'refused'],
    ],
  );
  assert.equal(exitCodeOfPlan(plan), 4);
});

test('planPass moves a demanded tag that is declared movable', () => {
  const image = makeImage('ubi', { demandedTags: ['9.6'] });
  const manifest = makeManifest({ movableTags: ['v/ubi:9.6'] });
  const plan = planWorld({
    images: [[image, seen({ serving: present(A), tags: { '9.6': present(C) } })]],
    changes: { manifest },
  });
  assert.deepEqual(
    plan.steps.map((step) => step.kind === 'tag' && [step.tag, step.digest, step.previous]),
    [['9.6', A, C]],
  );
});

// Seen to fail: without the filter of listMovableTags, 9.6 moved.
test('planPass moves no movable tag but latest where production lets each tag be written once', () => {
  const image = makeImage('ubi', { demandedTags: ['9.6', 'latest'] });
  const { registries } = makeManifest();
  const manifest = makeManifest({
    movableTags: ['v/ubi:9.6', 'v/ubi:latest'],
    registries: {
      ...registries,
      production: { ...registries.production, writePolicy: 'allow-once' },
    },
  });
  const tags = { '9.6': present(C), latest: present(C) };
  const plan = planWorld({
    images: [[image, seen({ serving: present(A), tags })]],
    changes: { manifest },
  });
  assert.deepEqual(
    plan.steps.map((step) => step.id),
    ['tag v/ubi:latest'],
  );
  assert.deepEqual([plan.checks[0]?.kind, exitCodeOfPlan(plan)], ['tag-would-move', 4]);
  assert.match(plan.checks[0]?.hint ?? '', /none moves but `latest`/);
});

test('planPass leaves a taken arrival tag alone and copies the digest without it', () => {
  const plan = planWorld({
    images: [
      [makeImage('a', { arrivalTags: ['v1'] }), deliverable(A, { tags: { v1: present(B) } })],
    ],
  });
  assert.ok(plan.steps[0]?.kind === 'copy' && plan.steps[0].tags.length === 0);
  assert.deepEqual([plan.checks[0]?.kind, exitCodeOfPlan(plan)], ['tag-differs', 2]);
});

test('planPass pins a tag-only image to the digest that staging has', () => {
  const plan = planWorld({ images: [[makeImage('a', { digest: null }), deliverable(B)]] });
  assert.ok(plan.steps[0]?.kind === 'copy');
  assert.deepEqual(
    [plan.steps[0].digest, plan.steps[0].tags, plan.steps[0].absent],
    [B, ['1'], '1'],
  );
});

test('planPass keeps what production has under a tag, and refuses only under tagDrift: block', () => {
  const image = makeImage('a', { digest: null });
  const observed = seen({ serving: present(A), source: present(B) });
  const kept = planWorld({ images: [[image, observed]] });
  assert.deepEqual(
    [kept.settled[0]?.kind, kept.checks[0]?.kind, exitCodeOfPlan(kept)],
    ['in-sync', 'tag-differs', 0],
  );
  const manifest = makeManifest({ policy: { ...makeManifest().policy, tagDrift: 'block' } });
  assert.equal(
    exitCodeOfPlan(planWorld({ images: [[image, observed]], changes: { manifest } })),
    4,
  );
});

test('planPass counts a blob that two images share once', () => {
  const one = deliverable(A, { blobs: { x: 100, shared: 50 } });
  const two = deliverable(B, { blobs: { y: 10, shared: 50 } });
  const plan = planWorld({
    images: [
      [makeImage('a'), one],
      [makeImage('b', { digest: B }), two],
    ],
  });
  assert.deepEqual([plan.steps.map((step) => step.bytes), plan.bytes], [[150, 10], 160]);
});

test('planPass joins a tag-only and a by-digest mention of one image into one step', () => {
  const byTag = makeImage('a', { digest: null });
  const byDigest = makeImage('a');
  const plan = planWorld({
    images: [
      [byTag, deliverable(A)],
      [byDigest, deliverable(A)],
    ],
  });
  assert.equal(plan.steps.length, 1);
  assert.deepEqual(plan.steps[0]?.items, [byDigest.key, byTag.key].toSorted());
  assert.equal(plan.wantedItems, 2);
});

test('planPass copies nothing for a tag that two upstream images lay claim to, and blocks the index that names it', () => {
  const image = makeImage('a', { digest: null, clash: 'ghcr.io/v/a and quay.io/v/a clash.' });
  const plan = planWorld({
    images: [[image, deliverable(A)]],
    indexes: [[makeIndex({ imageKeys: [image.key] }), seenIndex()]],
  });
  assert.deepEqual(
    [plan.steps, plan.settled.map((outcome) => outcome.kind)],
    [[], ['refused', 'refused']],
  );
});

test('planPass moves a movable tag by a step of its own after the image has been copied', () => {
  const image = makeImage('a', { demandedTags: ['latest', 'new'] });
  const plan = planWorld({
    images: [[image, deliverable(A, { tags: { latest: present(B), new: ABSENT } })]],
    changes: { manifest: makeManifest({ movableTags: ['v/a:latest'] }) },
  });
  assert.deepEqual(
    plan.steps.map((step) => [
      step.id,
      step.items,
      step.kind === 'copy' ? step.tags : step.kind === 'tag' && step.previous,
    ]),
    [
      [`copy v/a@${A}`, [image.key, 'tag v/a:new'], ['new']],
      ['tag v/a:latest', ['tag v/a:latest'], B],
    ],
  );
  assert.equal(plan.wantedItems, 3);
});

test('planPass does not call a tag in sync that tagDrift: block cannot compare', () => {
  const image = makeImage('a', { digest: null });
  const manifest = makeManifest({ policy: { ...makeManifest().policy, tagDrift: 'block' } });
  const observed = seen({ serving: present(A), source: UNKNOWN });
  const plan = planWorld({ images: [[image, observed]], changes: { manifest } });
  assert.deepEqual([plan.settled[0]?.kind, exitCodeOfPlan(plan)], ['failed', 1]);
  assert.match(plan.checks[0]?.message ?? '', /Whether staging holds/);
});

test('planPass lets a movable tag follow staging: copied by digest, then moved', () => {
  const image = makeImage('graph', { digest: null });
  const manifest = makeManifest({ movableTags: ['v/graph:1'] });
  const observed = { ...deliverable(B), serving: present(A) };
  const plan = planWorld({ images: [[image, observed]], changes: { manifest } });
  const [copy, tag] = plan.steps;
  assert.ok(copy?.kind === 'copy' && tag?.kind === 'tag' && plan.steps.length === 2);
  assert.deepEqual([copy.digest, copy.tags, copy.absent, copy.items], [B, [], B, [image.key]]);
  assert.deepEqual([tag.tag, tag.digest, tag.previous], ['1', B, A]);
  const still = planWorld({
    images: [[image, seen({ serving: present(A), source: ABSENT })]],
    changes: { manifest },
  });
  assert.deepEqual([still.steps, exitCodeOfPlan(still)], [[], 0]);
});
