import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import type { EmitEvent, PassEvent } from '../../src/base/events.ts';
import { limitRunner } from '../../src/reconcile/limit-runner.ts';
import type { PassRunner, RanPass } from '../../src/reconcile/pass-runner.ts';
import { createPrepareTurns } from '../../src/reconcile/prepare-turns.ts';

const OBSERVED: PassEvent = { kind: 'observe-finished', requests: 1, milliseconds: 1 };
const RAN: RanPass = { view: null, report: null, holds: [], error: null };
const TASK = {
  revision: 'a'.repeat(40),
  head: { subject: '', time: null },
  reason: 'commit',
} as const;

interface Watched {
  readonly runner: PassRunner;
  readonly told: string[];
  observe(): void;
  end(): void;
}

function createRunners(keys: readonly string[]): ReadonlyMap<string, Watched> {
  const turns = createPrepareTurns({
    atOnce: 1,
    graceMilliseconds: 60_000,
    signal: new AbortController().signal,
  });
  return new Map(keys.map((key) => [key, createWatched(key, turns)]));
}

function createWatched(key: string, turns: ReturnType<typeof createPrepareTurns>): Watched {
  const told: string[] = [];
  const ended = Promise.withResolvers<RanPass>();
  const emits: EmitEvent[] = [];
  const inner: PassRunner = {
    run() {
      told.push('run');
      return ended.promise;
    },
    warm() {
      told.push('warm');
    },
    close() {
      told.push('close');
      return Promise.resolve();
    },
  };
  const runner = limitRunner(
    (emit) => {
      emits.push(emit);
      return inner;
    },
    {
      key,
      turns,
      emit({ kind }) {
        told.push(kind);
      },
    },
  );
  return {
    runner,
    told,
    observe: () => emits.forEach((emit) => emit(OBSERVED)),
    end: () => ended.resolve(RAN),
  };
}

// Seen to fail: with `runner.warm` handed on, each of many loops started a process at one commit; without `close` after a
// pass, each kept its catalog in memory beside those of all others.
test('limitRunner starts no process for a pass that may come, and keeps none after one', async () => {
  const [a] = [...createRunners(['a']).values()];
  assert.ok(a);
  a.runner.warm();
  const ran = a.runner.run(TASK);
  await tick();
  a.end();
  assert.equal(await ran, RAN);
  assert.deepEqual(a.told, ['run', 'close']);
});

// Seen to fail: with the turn kept until the end of the pass, b waited for what a copied.
test('limitRunner lets the next look once one has looked, or is over without a look', async () => {
  const [a, b, c] = [...createRunners(['a', 'b', 'c']).values()];
  assert.ok(a && b && c);
  const runs = [a, b, c].map(({ runner }) => runner.run(TASK));
  await tick();
  assert.deepEqual([a.told, b.told], [['run'], []]);
  a.observe();
  await tick();
  assert.deepEqual([a.told, b.told, c.told], [['run', 'observe-finished'], ['run'], []]);
  // Of its own turn, not of whoever has it now.
  a.end();
  await runs[0];
  assert.deepEqual(c.told, []);
  b.end();
  await runs[1];
  await tick();
  assert.deepEqual(c.told, ['run']);
  c.end();
  await runs[2];
});
