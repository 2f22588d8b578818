import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Presence } from '../../src/base/presence.ts';
import { ToolError } from '../../src/base/tool-error.ts';
import type { PreparedPass } from '../../src/reconcile/prepare-pass.ts';
import { createWorld } from '../support/turning-world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const UNKNOWN: Presence = {
  state: 'unknown',
  code: 'REGISTRY_UNREACHABLE',
  message: 'down',
  hint: null,
  retryAfterSeconds: null,
};

function countKinds({ plan }: PreparedPass): Readonly<Record<string, number>> {
  const kinds = plan.settled.map(({ kind }) => kind);
  assert.equal(kinds.length + plan.steps.length, plan.wantedItems);
  const groups = Map.groupBy(kinds, (kind) => kind);
  return Object.fromEntries([...groups].map(([kind, all]) => [kind, all.length]));
}

// Seen to fail: with `noteLooks` left out the second pass asked for all; with `keep` writing nothing the restarted one did.
test('a pass asks for all images at first, then for a share, also after a restart, and its sums add up', async (t) => {
  const world = await createWorld(t, 82);
  const first = await world.pass();
  assert.equal(first.asked.length, 82);
  world.move(HOUR);
  const second = await world.pass();
  assert.equal(second.asked.length, 2, '82 in 42 hours');
  assert.deepEqual(countKinds(second.prepared), { 'in-sync': 82 });
  const report = await world.report(second.prepared);
  assert.deepEqual(
    { ...report.proof, kinds: report.sums['in-sync'] },
    {
      images: 82,
      asked: 2,
      vouched: 80,
      overdue: 0,
      deep: 0,
      oldest: '2026-11-27T00:30:00.000Z',
      ageSeconds: 2 * 86_400,
      catalogs: [],
      kinds: 82,
    },
  );
  const marked = report.outcomes.filter(({ seen }) => seen === '2026-11-27T00:30:00.000Z');
  assert.equal(marked.length, 80);
  await world.restart();
  world.move(HOUR);
  const third = await world.pass();
  assert.equal(third.asked.length, 2);
  const before = new Set(second.asked);
  assert.ok(
    third.asked.every((repository) => !before.has(repository)),
    'others than before',
  );
  assert.equal((await world.pass({ all: true })).asked.length, 82, 'who asks gets an answer');
});

// Seen to fail: with proofs that count without end (`since` at 0 in divide) the loss was never told.
test('a loss is found within the proof age, and then all others are asked for at once', async (t) => {
  const world = await createWorld(t, 82);
  await world.pass();
  const [gone] = (await world.pass({ all: true })).prepared.wanted.images.slice(-1);
  assert.ok(gone?.digest);
  world.production.remove(gone.repository.production, gone.digest);
  let hours = 0;
  for (;;) {
    world.move(HOUR);
    hours += 1;
    const { asked, prepared } = await world.pass();
    if (countKinds(prepared)['lost'] === 1) {
      assert.equal(asked.length, 82);
      break;
    }
    assert.ok(hours <= 48, 'masked for longer than the proof age');
  }
  world.move(HOUR);
  const { asked, prepared } = await world.pass();
  assert.ok(asked.includes(gone.repository.production), 'what is lost is asked for each time');
  assert.deepEqual(countKinds(prepared), { 'in-sync': 81, lost: 1 });
});

// Seen to fail: with noteLooks withdrawing nothing the tag counted as there at the second pass.
test('a tag that is gone is planned for until it is there again', async (t) => {
  const world = await createWorld(t, 20);
  const repository = 'team/tagged';
  const digest = world.production.add({ repository, tags: ['v1'], files: { a: 'b' } });
  const image = `    - { source: "r.example/team/tagged@${digest}", tags: [v1] }\n`;
  world.write('  reconcile: { interval: 1h, proofAge: 2d }', image);
  assert.deepEqual(countKinds((await world.pass()).prepared), { 'in-sync': 22 });
  world.production.remove(repository, 'v1');
  for (const all of [true, false, false]) {
    const { prepared } = await world.pass({ all });
    assert.deepEqual(
      prepared.plan.steps.map(({ id }) => id),
      ['tag team/tagged:v1'],
    );
  }
});

// Seen to fail: with `withdraw` left out the loss that the broken pass had seen was not looked at again.
test('a loss that was seen is not forgotten with a pass that breaks', async (t) => {
  const world = await createWorld(t, 20);
  const { prepared } = await world.pass();
  const image = prepared.wanted.images[7];
  assert.ok(image?.digest);
  world.production.remove(image.repository.production, image.digest);
  world.onEvent = (kind) => {
    if (kind === 'observe-finished') throw new Error('broken');
  };
  await assert.rejects(world.pass({ all: true }), { message: 'broken' });
  world.onEvent = () => undefined;
  assert.deepEqual(countKinds((await world.pass()).prepared), { 'in-sync': 19, lost: 1 });
});

// Seen to fail: with noteLooks left out, and both others asked for again.
test('what could not be told is asked for again, and no earlier look vouches for it', async (t) => {
  const world = await createWorld(t, 3);
  const { prepared } = await world.pass();
  const image = prepared.wanted.images[0];
  assert.ok(image?.digest);
  world.production.answer(image.repository.production, image.digest, UNKNOWN);
  assert.deepEqual(countKinds((await world.pass({ all: true })).prepared), {
    'in-sync': 2,
    failed: 1,
  });
  const again = await world.pass();
  assert.deepEqual(
    [countKinds(again.prepared), again.asked],
    [{ 'in-sync': 2, failed: 1 }, [image.repository.production]],
  );
  world.production.answer(image.repository.production, image.digest, null);
  assert.deepEqual(countKinds((await world.pass()).prepared), { 'in-sync': 3 });
});

// Seen to fail: with noteLooks left out everything was asked for again.
test('a commit has what it touches asked for, and nothing else', async (t) => {
  const world = await createWorld(t, 50);
  await world.pass();
  world.write('  reconcile: { interval: 1h, proofAge: 2d }\n  movableTags: []');
  assert.equal((await world.pass()).asked.length, 0, 'nothing that is wanted changed');
  const extra = world.production.add({ repository: 'team/new', tags: ['v1'], files: { a: 'b' } });
  world.write('  reconcile: { interval: 1h, proofAge: 2d }');
  const { prepared } = await world.pass();
  assert.equal(prepared.wanted.images.length, 50);
  world.write(
    `  reconcile: { interval: 1h, proofAge: 2d }
  paths: [{ from: r.example/team/0, to: team/new }]`,
  );
  const changed = await world.pass();
  assert.deepEqual(changed.asked, ['team/new'], extra);
  assert.deepEqual(countKinds(changed.prepared), { 'in-sync': 49, lost: 1 });
});

test('a clock that jumps ahead or back costs requests, and hides nothing', async (t) => {
  const world = await createWorld(t, 10);
  world.move(400 * DAY);
  assert.equal((await world.pass()).asked.length, 10);
  world.move(-400 * DAY);
  assert.equal((await world.pass()).asked.length, 10, 'a time in the future vouches for nothing');
  world.move(3 * DAY);
  assert.equal((await world.pass()).asked.length, 10, 'all are too old');
});

// Seen to fail: with settleUnknown in place of settleUnproved.
test('with too small a budget what cannot be asked for is deferred, never in sync, and the plan says so', async (t) => {
  const world = await createWorld(t, 60, ', requestsPerDay: 20');
  const { asked, prepared } = await world.pass();
  assert.deepEqual([asked.length, countKinds(prepared)], [20, { 'in-sync': 20, deferred: 40 }]);
  assert.deepEqual(
    prepared.plan.checks.map(({ kind, severity, message }) => [kind, severity, message]),
    [
      [
        'request-budget',
        'warning',
        'The requests of a day at p.example:5000 suffice to ask for every image every 3 days only, where spec.reconcile.proofAge is 2 days.',
      ],
      [
        'request-budget',
        'warning',
        '40 images in p.example:5000 could not be asked for: the requests of today do not suffice. What is there is unknown until their turn comes.',
      ],
    ],
  );
  const report = await world.report(prepared);
  assert.deepEqual([report.sums.deferred, report.exitCode, report.proof?.overdue], [40, 0, 40]);
  world.spent = 20;
  await assert.rejects(world.pass(), { code: 'PLAN_OVER_BUDGET' });
  world.spent = 0;
  world.move(DAY);
  assert.deepEqual(countKinds((await world.pass()).prepared), { 'in-sync': 40, deferred: 20 });
});

// Seen to fail: with a `since` of 0 in `divide` all sixty were in sync.
test('what was seen longer ago than the proof age vouches for nothing, even where nobody can ask', async (t) => {
  const world = await createWorld(t, 60, ', requestsPerDay: 60');
  assert.deepEqual(countKinds((await world.pass()).prepared), { 'in-sync': 60 });
  world.move(3 * DAY);
  world.spent = 59;
  const { prepared } = await world.pass();
  assert.deepEqual(countKinds(prepared), { 'in-sync': 1, deferred: 59 });
});

// Seen to fail: without the checksum in parseLine the forged note vouched for an image; without the host in formatFact all did.
test('notes that are spoilt, cut off or of another host vouch for nothing', async (t) => {
  const world = await createWorld(t, 12);
  await world.pass();
  const text = await readFile(world.notes, 'utf8');
  const [line = ''] = text.trim().split('\n');
  const note = /\[\\"p\.example:5000\/team\/3@.*?\]/.exec(line)?.[0] ?? assert.fail(line);
  async function countAsked(notes: string): Promise<number> {
    await writeFile(world.notes, notes);
    await world.restart();
    return (await world.pass()).asked.length;
  }
  assert.equal(await countAsked(text), 0);
  assert.equal(await countAsked(`${text}\n${line.slice(0, 100)}`), 0);
  for (const spoilt of [
    line.replace('team/3@', 'team/4@'),
    line.replace(note, ''),
    line.slice(0, -100),
    text.replaceAll('p.example:5000', 'q.example:5000'),
  ])
    assert.equal(await countAsked(spoilt), 12, spoilt);
});

// Seen to fail: with the places left out of proveSome no blob was asked for.
test('blobs have turns of their own, and one that is gone is found', async (t) => {
  const world = await createWorld(t, 21);
  world.write('  reconcile: { interval: 1h, proofAge: 20d, deepProofAge: 1d }');
  await world.pass();
  const seen: number[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    world.move(HOUR);
    const { prepared } = await world.pass();
    seen.push(prepared.looks?.deep.size ?? 0);
    assert.equal(prepared.plan.verification?.images ?? 0, prepared.looks?.deep.size);
  }
  assert.ok(Math.max(...seen) <= 2 && Math.min(...seen) >= 1, seen.join(' '));
  world.production.headBlob = async () => ({ state: 'absent' });
  world.production.getBlob = async () => {
    throw new ToolError('REGISTRY_NOT_FOUND', 'gone');
  };
  world.move(HOUR);
  const { prepared } = await world.pass();
  assert.ok(prepared.plan.checks.some(({ kind }) => kind === 'damaged'));
});

test('the notes of a mirror stay bounded, however long it runs', async (t) => {
  const world = await createWorld(t, 30);
  world.write('  reconcile: { interval: 1h, proofAge: 1h }');
  for (let hour = 0; hour < 60; hour += 1) {
    await world.pass();
    world.move(HOUR + 1);
  }
  const lines = (await readFile(world.notes, 'utf8')).split('\n').length;
  assert.ok(lines < 1_200, `${lines} lines for 30 images after 1,800 looks`);
});
