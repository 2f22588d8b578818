import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildLockTiming, type Locker, type LockTiming } from '../../src/base/locker.ts';
import { compareBytes } from '../../src/base/text.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { createStoppableClock, type StoppableClock } from '../support/stoppable-clock.ts';

/** Lockers of several machines that share the locks of one test. */
export interface LockerSubject {
  /** One more machine; `name` is what it is called in errors. */
  open(machine: { name: string; clock: StoppableClock; timing: LockTiming }): Locker;
}

interface Machine {
  readonly name: string;
  readonly locker: Locker;
  readonly clock: StoppableClock;
}

const TIMING = buildLockTiming(3_000);
const KEY = 'nexus';
const NEVER = new AbortController().signal;

/**
 * What every lock keeps, whether it is a file or a Lease. Seen to fail for the file: without the claim in
 * `takeOverLock` two won; with `watchHolder` returning at once the living one was robbed; with `removeLock`
 * not comparing ids the second machine's lock went; without `keepHeld`'s look before a write `assertHeld` passed.
 */
export function testLocker(title: string, createSubject: () => Promise<LockerSubject>): void {
  async function openTwo(): Promise<readonly [Machine, Machine]> {
    const subject = await createSubject();
    return [openMachine(subject, 'north'), openMachine(subject, 'south')];
  }

  test(`${title} refuses a second holder by the name of the first, and lets it in after release`, async () => {
    const [north, south] = await openTwo();
    const held = await north.locker.acquire(KEY, NEVER);
    await assert.rejects(
      south.locker.acquire(KEY, NEVER),
      (error) => isToolError(error, 'APPLY_LOCKED') && error.message.includes('north'),
    );
    await held.assertHeld();
    assert.equal(held.lost.aborted, false);
    await held.release();
    const begun = performance.now();
    await (await south.locker.acquire(KEY, NEVER)).release();
    assert.ok(performance.now() - begun < TIMING.staleMilliseconds, 'at once');
  });

  test(`${title} keeps the locks of several shards apart`, async () => {
    const [north, south] = await openTwo();
    const first = await north.locker.acquire(`${KEY}/1-of-2`, NEVER);
    const second = await south.locker.acquire(`${KEY}/2-of-2`, NEVER);
    const whole = await south.locker.acquire(KEY, NEVER);
    await assert.rejects(south.locker.acquire(`${KEY}/1-of-2`, NEVER), isLocked);
    for (const held of [first, second, whole]) await held.release();
  });

  // Seen to fail for the file: with shards left out of readKey, the first list had the whole alone.
  test(`${title} tells under which keys of a mirror a lock lies`, async () => {
    const [north, south] = await openTwo();
    const shard = await north.locker.acquire(`${KEY}/shard-1-of-2`, NEVER);
    const whole = await north.locker.acquire(KEY, NEVER);
    const both = (await south.locker.listKeys?.(KEY, NEVER)) ?? [];
    assert.deepEqual(both.toSorted(compareBytes), [KEY, `${KEY}/shard-1-of-2`]);
    await whole.release();
    assert.deepEqual(await south.locker.listKeys?.(KEY, NEVER), [`${KEY}/shard-1-of-2`]);
    await shard.release();
    assert.deepEqual(await south.locker.listKeys?.(KEY, NEVER), []);
  });

  test(`${title} lets exactly one of many take over a holder that fell silent, and not before its time`, async () => {
    const subject = await createSubject();
    const north = openMachine(subject, 'north');
    const held = await north.locker.acquire(KEY, NEVER);
    north.clock.suspend();
    const begun = performance.now();
    const others = Array.from({ length: 6 }, (_, at) => openMachine(subject, `south-${at}`));
    const results = await Promise.allSettled(
      others.map(({ locker }) => locker.acquire(KEY, NEVER)),
    );
    const taken = results.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []));
    assert.equal(taken.length, 1);
    for (const entry of results)
      if (entry.status === 'rejected') assert.ok(isLocked(entry.reason), String(entry.reason));
    assert.ok(performance.now() - begun >= TIMING.staleMilliseconds * 0.9);
    await assert.rejects(held.assertHeld(), isLost);
    assert.ok(isLost(held.lost.reason));
    await held.release();
    await taken[0]?.assertHeld();
    north.clock.resume();
    await assert.rejects(north.locker.acquire(KEY, NEVER), isLocked);
    await taken[0]?.release();
  });

  test(`${title} tells a holder that slept, and that nobody robbed, that it still holds`, async () => {
    const [north] = await openTwo();
    const held = await north.locker.acquire(KEY, NEVER);
    north.clock.suspend();
    await new Promise((resolve) => setTimeout(resolve, TIMING.staleMilliseconds));
    north.clock.resume();
    await held.assertHeld();
    assert.equal(held.lost.aborted, false);
    await held.release();
  });

  test(`${title} stops watching a silent holder when it is told to`, async () => {
    const [north, south] = await openTwo();
    const held = await north.locker.acquire(KEY, NEVER);
    north.clock.suspend();
    await assert.rejects(south.locker.acquire(KEY, AbortSignal.timeout(300)), (error) =>
      isToolError(error, 'APPLY_INTERRUPTED'),
    );
    await held.assertHeld();
    await held.release();
  });
}

function openMachine(subject: LockerSubject, name: string): Machine {
  const clock = createStoppableClock();
  return { name, clock, locker: subject.open({ name, clock, timing: TIMING }) };
}

function isLocked(error: unknown): boolean {
  return isToolError(error, 'APPLY_LOCKED');
}

function isLost(error: unknown): boolean {
  return isToolError(error, 'APPLY_LOCK_LOST');
}
