import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { lockLost } from '../../src/base/keep-held.ts';
import type { HeldLock } from '../../src/base/locker.ts';
import { copyStep, protectTagOf, stage, startWorld, type World } from './apply-world.ts';

let looks = 0;
let released = 0;
const lost = new AbortController();

/** A lock that turns out to be another's at the second look, as after the sleep of a machine. */
function holdOnce(): HeldLock {
  return {
    lost: lost.signal,
    assertHeld() {
      looks += 1;
      if (looks === 2) lost.abort(lockLost('The lock was taken over by process 7 on elsewhere.'));
      return lost.signal.aborted ? Promise.reject(lost.signal.reason) : Promise.resolve();
    },
    release() {
      released += 1;
      return Promise.resolve();
    },
  };
}

let world: World;
before(async () => {
  world = await startWorld({
    deps: { lockers: [{ acquire: () => Promise.resolve(holdOnce()) }] },
  });
  await mkdir(world.stateFolder);
});
after(() => world.stop());

// Seen to fail: without guardCopies all three were copied.
test('applyPlan looks at the lock before each write, and defers the rest where it was lost', async () => {
  const images = [
    await stage(world, 'team/one'),
    await stage(world, 'team/two'),
    await stage(world, 'team/three'),
  ];
  const result = await world.apply(
    images.map((image) => copyStep(image)),
    { concurrency: 1 },
  );
  assert.deepEqual(
    result.outcomes.map(({ kind, code }) => [kind, code]),
    [
      ['copied', null],
      ['deferred', 'APPLY_LOCK_LOST'],
      ['deferred', 'APPLY_LOCK_LOST'],
    ],
  );
  assert.equal(result.interrupted, true);
  assert.equal(world.copier.requests.length, 1);
  const [, second] = images;
  assert.ok(second !== undefined);
  assert.equal(await world.look('team/two', protectTagOf(second.digest)), null);
  const warnings = world.events.flatMap((event) => (event.kind === 'warning' ? [event] : []));
  assert.match(warnings[0]?.message ?? '', /taken over by process 7 on elsewhere/);
  assert.match(warnings[0]?.hint ?? '', /no index is half published/);
  assert.equal(released, 1);
});
