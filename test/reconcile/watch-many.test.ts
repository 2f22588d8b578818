import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { ToolError } from '../../src/base/tool-error.ts';
import { createPrepareTurns } from '../../src/reconcile/prepare-turns.ts';
import { shareSource } from '../../src/reconcile/shared-source.ts';
import { type LoopFeed, type ManyEvent, watchMany } from '../../src/reconcile/watch-many.ts';
import { waitFor } from '../support/wait-for.ts';

interface Look {
  readonly answer: (revision: string) => void;
}

/** A source whose looks end when they are told to. */
function createSlowSource() {
  const looks: Look[] = [];
  return {
    looks,
    readRevision: () =>
      new Promise<string>((resolve) => {
        looks.push({ answer: resolve });
      }),
    readTrouble: () => null,
  };
}

// Seen to fail: with the running look handed out, a push that came after it began was not seen.
test('shareSource lets all who wait share a look, and gives nobody the answer to an earlier question', async () => {
  const slow = createSlowSource();
  const source = shareSource(slow);
  const first = source.readRevision();
  const later = [source.readRevision(), source.readRevision(), source.readRevision()];
  assert.equal(slow.looks.length, 1);
  slow.looks[0]?.answer('one');
  assert.equal(await first, 'one');
  await tick();
  assert.equal(slow.looks.length, 2);
  assert.equal(await source.readCurrent(), 'one', 'while a look runs, the last that ended');
  slow.looks[1]?.answer('two');
  assert.deepEqual(await Promise.all(later), ['two', 'two', 'two']);
  assert.equal(await source.readCurrent(), 'two');
  assert.equal(slow.looks.length, 2);
});

// Seen to fail: without the grace the third waited for the first two for ever; without the memory of slow ones it did again.
test('createPrepareTurns lets two prepare at a time, and waits for no one that hangs', async () => {
  const { signal } = new AbortController();
  const turns = createPrepareTurns({ atOnce: 2, graceMilliseconds: 1000, signal });
  const running = new Set<string>();
  const ends = new Map<string, () => void>();
  let most = 0;
  function prepare(key: string): Promise<unknown> {
    return turns.hold(key, () => {
      running.add(key);
      most = Math.max(most, running.size);
      return new Promise<null>((resolve) =>
        ends.set(key, () => {
          running.delete(key);
          resolve(null);
        }),
      );
    });
  }
  const all = ['a', 'b', 'c'].map(prepare);
  await tick();
  assert.deepEqual([...running], ['a', 'b']);
  ends.get('a')?.();
  await all[0];
  await tick();
  assert.deepEqual([...running], ['b', 'c']);
  ends.get('c')?.();
  await all[2];
  assert.equal(most, 2);
  // b hangs: it loses its turn after the grace, and takes none the next time.
  const more = ['d', 'e'].map(prepare);
  await tick();
  assert.deepEqual([...running], ['b', 'd'], 'one turn is still its own');
  await waitFor('the turn of b', async () => running.has('e'));
  ends.get('b')?.();
  await all[1];
  ends.get('d')?.();
  await more[0];
  const fresh = prepare('f');
  await tick();
  const again = prepare('b');
  await tick();
  assert.ok(running.has('b'), 'though two have turns');
  for (const end of ends.values()) end();
  await Promise.all([...more, fresh, again]);
});

interface Flock {
  readonly events: ManyEvent[];
  readonly runs: string[];
  readonly feeds: Map<string, LoopFeed>;
  readonly done: Promise<void>;
  stop(): void;
}

/** Loops that fail as often as they are told to, and then run until they are stopped. */
function startFlock(fails: ReadonlyMap<string, readonly Error[]>): Flock {
  const controller = new AbortController();
  const events: ManyEvent[] = [];
  const runs: string[] = [];
  const feeds = new Map<string, LoopFeed>();
  const left = new Map([...fails].map(([manifest, errors]) => [manifest, [...errors]]));
  const source = { readRevision: () => Promise.resolve('one'), readTrouble: () => null };
  const done = watchMany({
    source: shareSource(source),
    isRemote: false,
    listManifests: () => Promise.resolve({ paths: ['a', 'b'], idle: ['c'] }),
    noManifest: () => new ToolError('CLI_NO_MANIFEST', 'None.'),
    async runLoop(manifest, feed, signal) {
      runs.push(manifest);
      feeds.set(manifest, feed);
      const error = left.get(manifest)?.shift();
      if (error !== undefined) throw error;
      await feed.trigger.start(() => undefined);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    triggers: [],
    tell: (event) => events.push(event),
    // What rests between two tries is over at once; a look that is waited for goes on waiting.
    clock: {
      now: () => new Date(0),
      sleep: (milliseconds, signal) =>
        milliseconds < 60_000
          ? tick().then(() => undefined)
          : new Promise((_, reject) =>
              signal?.addEventListener('abort', () => reject(new Error('aborted'))),
            ),
    },
    signal: controller.signal,
  });
  return { events, runs, feeds, done, stop: () => controller.abort() };
}

async function waitForRuns({ runs }: Flock, count: number): Promise<void> {
  for (let i = 0; i < 1000 && runs.length < count; i += 1) await tick();
  assert.equal(runs.length, count);
}

// Seen to fail: with keepRunning that let the fault through, b ended with a.
test('watchMany begins a loop anew that broke off, while the others go on', async () => {
  const flock = startFlock(new Map([['a', [new Error('a bug')]]]));
  await waitForRuns(flock, 3);
  assert.deepEqual(flock.runs.toSorted(), ['a', 'a', 'b']);
  assert.deepEqual(flock.events.map(({ kind }) => kind).toSorted(), [
    'idle-patterns',
    'loop-failed',
    'manifest-appeared',
    'manifest-appeared',
  ]);
  assert.equal(await flock.feeds.get('b')?.readRevision(), 'one');
  flock.stop();
  await flock.done;
});

test('watchMany ends with what keeps every loop from being set up', async () => {
  const wrong = new ToolError('KUBE_BAD_CONFIG', 'No Lease.');
  const flock = startFlock(
    new Map([
      ['a', [wrong]],
      ['b', [wrong]],
    ]),
  );
  await assert.rejects(flock.done, wrong);
});
