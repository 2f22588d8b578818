import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WantedImage } from '../../src/images/types.ts';
import { joinReports } from '../../src/plan/join-reports.ts';
import { formatShard, parseShard, type Shard } from '../../src/plan/shard.ts';
import { sumOutcomes } from '../../src/plan/sum-outcomes.ts';
import type { ObservedImage, Plan, Step } from '../../src/plan/types.ts';
import {
  A,
  ABSENT,
  B,
  deliverable,
  makeImage,
  makeIndex,
  type PlanWorld,
  planWorld,
  present,
  seen,
  seenIndex,
  UNKNOWN,
} from '../support/world.ts';

type World = readonly [WantedImage, ObservedImage][];

const layers = fc.dictionary(
  fc.constantFrom('sha256:1', 'sha256:2', 'sha256:3'),
  fc.constantFrom(10, 2_000_000, 3_000_000),
);
const observed = fc.oneof(
  layers.map((blobs) => deliverable(A, { blobs })),
  fc.constantFrom(seen({ serving: present(A) }), seen({ serving: UNKNOWN })),
);
const worlds = fc
  .array(observed, { maxLength: 16 })
  .map((list) => list.map((entry, i): World[number] => [makeImage(`i${i}`), entry]));

function describe(images: World): PlanWorld {
  return {
    images,
    indexes: [[makeIndex({ imageKeys: images.map(([image]) => image.key) }), seenIndex()]],
  };
}

function planShards(images: World, of: number): readonly Plan[] {
  const parts = [...Array.from({ length: of }, (_, i) => i + 1), 'index' as const];
  return parts.map((part) => planWorld({ ...describe(images), changes: { shard: { part, of } } }));
}

function isTransfer({ kind }: Step): boolean {
  return kind === 'copy' || kind === 'tag';
}

function namesOf(steps: readonly Step[]): readonly string[] {
  return steps.map(({ id }) => id).toSorted();
}

function repositories(steps: readonly Step[]): readonly string[] {
  return steps.map((step) => (step.kind === 'copy' ? step.to.repository : step.repository));
}

function read(text: string, completion?: string): string | null {
  const shard: Shard | null = parseShard(text, completion);
  return shard === null ? null : formatShard(shard);
}

function assertOrdered(steps: readonly Step[]): void {
  const ids = steps.map(({ id }) => id);
  for (const [i, step] of steps.entries()) {
    const after = step.kind === 'copy' ? (step.after ?? []) : [];
    assert.deepEqual(
      after.filter((id) => !ids.slice(0, i).includes(id)),
      [],
    );
  }
}

// Seen to fail: with the part of a repository counted from 0, the steps of one share were in no plan; with
// the steps that are left out not settled, the sums differed.
test('the shards of a plan have each of its steps once, and each settles or names every item', () => {
  let shared = 0;
  fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 5 }), (images, of) => {
      const whole = planWorld(describe(images));
      const parts = planShards(images, of);
      const transfers = namesOf(whole.steps.filter(isTransfer));
      assert.deepEqual(namesOf(parts.flatMap(({ steps }) => steps.filter(isTransfer))), transfers);
      shared += Number(parts.filter(({ steps }) => steps.length > 0).length > 1);
      for (const { steps, settled, wantedItems, shard, bytes } of parts) {
        const items = [...settled.map(({ item }) => item), ...steps.flatMap((step) => step.items)];
        assert.equal(new Set(items).size, items.length);
        assert.equal(items.length, wantedItems);
        assert.equal(wantedItems, whole.wantedItems);
        const left = (shard?.index ?? 0) + (shard?.others ?? 0);
        assert.equal(steps.length + left, whole.steps.length);
        assert.equal(
          bytes,
          steps.reduce((sum, step) => sum + step.bytes, 0),
        );
        assertOrdered(steps);
      }
      const [, ...rest] = new Set(parts.map(({ hash }) => hash));
      assert.equal(rest.length, of);
    }),
  );
  assert.ok(shared > 5, 'several shards had something to do');
});

test('the part that publishes has the steps of the index when nothing else is left, and none before', () => {
  const images: World = ['a', 'b'].map((name) => [makeImage(name), deliverable()]);
  const before = planWorld({ ...describe(images), changes: { shard: { part: 'index', of: 2 } } });
  assert.deepEqual(before.steps, []);
  const outcome = before.settled.find(({ item }) => item === 'index idx');
  assert.deepEqual([outcome?.kind, outcome?.code], ['deferred', 'PLAN_OTHER_SHARD']);
  assert.match(outcome?.message ?? '', /^The index of idx waits for 2 steps of shard [12]\/2/);
  const there: World = images.map(([image]) => [image, seen({ serving: present(A) })]);
  const after = planWorld({ ...describe(there), changes: { shard: { part: 'index', of: 2 } } });
  assert.deepEqual(after.steps, planWorld(describe(there)).steps);
  assert.ok(after.steps.some(({ kind }) => kind === 'move-index'));
});

// Promise 9. Seen to fail: with every step left counted for every index, the sound catalog waited too.
test('an index waits for its own images only, and what keeps the index it replaces goes with it', () => {
  const [late, there] = [makeImage('late'), makeImage('there')];
  const indexes: PlanWorld['indexes'] = [
    [makeIndex({ catalog: 'one', repository: 'olm/one', imageKeys: [late.key] }), seenIndex()],
    [
      makeIndex({
        catalog: 'two',
        repository: 'olm/two',
        imageKeys: [there.key],
        takenIn: [{ digest: B, content: A }],
      }),
      seenIndex({ moving: present(B), servedId: A, servedImmutable: ABSENT }),
    ],
  ];
  const world: PlanWorld = {
    images: [
      [late, deliverable()],
      [there, seen({ serving: present(A) })],
    ],
    indexes,
  };
  const whole = planWorld(world);
  const plan = planWorld({ ...world, changes: { shard: { part: 'index', of: 2 } } });
  assert.deepEqual(
    plan.steps.map(({ kind }) => kind),
    ['tag', 'push-index', 'move-index'],
  );
  assert.deepEqual(new Set(repositories(plan.steps)), new Set(['olm/two']));
  assert.deepEqual(
    plan.steps,
    whole.steps.filter((step) => step.kind !== 'copy' && step.repository === 'olm/two'),
  );
});

test('parseShard reads a share, the indexes, and the share that a completion index names', () => {
  assert.deepEqual(
    [read('2/3'), read('index/3'), read('auto/3', '0'), read('auto/3', '2'), read('1/1')],
    ['2/3', 'index/3', '1/3', '3/3', '1/1'],
  );
  for (const bad of ['0/3', '4/3', '1/0', '1/65', 'auto/3', '1', 'x/3', '1/3/3', '-1/3'])
    assert.equal(read(bad), null, bad);
  for (const bad of ['3', '-1', '', '1.5']) assert.equal(read('auto/3', bad), null, bad);
});

test('joinReports takes the end of an index from the later pass, and all else from the shard', () => {
  const base = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Report',
    mirror: 'm',
    revision: 'r',
    planHash: A,
    started: '2026-01-01T00:00:00.000Z',
    finished: '2026-01-01T00:00:01.000Z',
    checks: [],
    bytes: 5,
    requests: 7,
    interrupted: false,
  } as const;
  const image = { item: 'v/a@x', type: 'image', message: null } as const;
  const index = { item: 'index idx', type: 'index', message: null } as const;
  const waits = { kind: 'deferred', code: 'PLAN_OTHER_SHARD' } as const;
  const [own, later] = [
    [{ ...image, kind: 'copied', code: null } as const, { ...index, ...waits }],
    [
      { ...image, kind: 'in-sync', code: null } as const,
      { ...index, kind: 'failed', code: 'APPLY_COPY_FAILED' } as const,
    ],
  ];
  const joined = joinReports(
    {
      ...base,
      outcomes: own,
      sums: sumOutcomes(own, 2),
      steps: { planned: 1, done: 1 },
      exitCode: 0,
    },
    {
      ...base,
      outcomes: later,
      sums: sumOutcomes(later, 2),
      steps: { planned: 2, done: 0 },
      exitCode: 1,
    },
  );
  assert.deepEqual(
    joined.outcomes.map(({ kind }) => kind),
    ['copied', 'failed'],
  );
  assert.deepEqual([joined.sums.copied, joined.sums.failed, joined.sums.deferred], [1, 1, 0]);
  assert.deepEqual([joined.steps, joined.bytes, joined.exitCode], [{ planned: 3, done: 1 }, 10, 1]);
});
