import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolError } from '../../src/base/tool-error.ts';
import type { GitPort } from '../../src/git/port.ts';
import { type CommitRules, createCommitSource } from '../../src/reconcile/commit-source.ts';
import { createFetchTrigger } from '../../src/reconcile/fetch-trigger.ts';
import type { SourceEvent } from '../../src/reconcile/watch-types.ts';

interface World {
  head: string | ToolError;
  /** Commits that are signed as the rules ask. */
  signed: Set<string>;
  readonly marks: Map<string, string>;
  readonly told: SourceEvent['kind'][];
  readonly verified: string[];
  open(rules?: Partial<CommitRules>, mark?: string | null): ReturnType<typeof createCommitSource>;
}

/** History `a` ← `b` ← `c`, and `x` beside it; `?` tells nothing. */
function createWorld(): World {
  const world: World = {
    head: 'a',
    signed: new Set(),
    marks: new Map(),
    told: [],
    verified: [],
    open(rules = {}, mark = 'm') {
      const git: Pick<GitPort, 'descends' | 'readMark' | 'writeMark' | 'verifyCommit'> = {
        descends: async (newer, older) => {
          if (newer === '?') return null;
          return newer !== 'x' && newer >= older;
        },
        readMark: async (name) => world.marks.get(name) ?? null,
        writeMark: async (name, revision) => void world.marks.set(name, revision),
        async verifyCommit(revision) {
          world.verified.push(revision);
          if (!world.signed.has(revision))
            throw new ToolError('GIT_UNTRUSTED_COMMIT', `${revision} is not signed.`);
        },
      };
      return createCommitSource({
        git,
        async look() {
          if (typeof world.head === 'string') return world.head;
          throw world.head;
        },
        rules: { signers: null, refuseRewrites: false, ...rules },
        mark,
        tell: (event) => world.told.push(event.kind),
      });
    },
  };
  return world;
}

const AWAY = new ToolError('GIT_UNREACHABLE', 'away', { disposition: 'retry' });
const DELETED = new ToolError('GIT_UNKNOWN_REVISION', 'no such branch');
const SIGNERS = { sshFile: '/signers', gpgFile: null };

// Seen to fail: with the error thrown although a commit was taken before.
test('createCommitSource keeps the last commit while none can be had, says why once, and heals', async () => {
  for (const error of [AWAY, DELETED]) {
    const world = createWorld();
    const source = world.open();
    world.head = error;
    await assert.rejects(source.readRevision(), error);
    world.head = 'a';
    assert.equal(await source.readRevision(), 'a');
    world.head = error;
    assert.equal(await source.readRevision(), 'a');
    assert.equal(await source.readRevision(), 'a');
    assert.equal(source.readTrouble(), error);
    world.head = 'b';
    assert.equal(await source.readRevision(), 'b');
    assert.equal(source.readTrouble(), null);
    assert.deepEqual(world.told, [
      'source-failed',
      'source-healed',
      'source-failed',
      'source-healed',
    ]);
  }
});

test('createCommitSource goes on from what an earlier process took', async () => {
  const world = createWorld();
  await world.open().readRevision();
  world.head = AWAY;
  assert.equal(await world.open().readRevision(), 'a');
});

test('createCommitSource takes a rewritten history and tells it, or keeps the last commit where that is refused', async () => {
  for (const head of ['x', '?']) {
    const world = createWorld();
    world.head = 'b';
    const source = world.open();
    await source.readRevision();
    world.head = head;
    assert.equal(await source.readRevision(), head);
    assert.deepEqual(world.told, ['source-rewritten']);

    world.head = 'b';
    const strict = world.open({ refuseRewrites: true }, 'other');
    await strict.readRevision();
    world.head = head;
    assert.equal(await strict.readRevision(), 'b');
    assert.equal(strict.readTrouble()?.code, 'GIT_REWRITTEN');
    assert.equal(strict.readTrouble()?.disposition, 'stall');
    world.head = 'c';
    assert.equal(await strict.readRevision(), 'c');
    assert.equal(strict.readTrouble(), null);
  }
});

// Seen to fail: without judging what was taken before, the commit whose signer is none any more stayed the last good one.
test('createCommitSource takes only signed commits, and judges anew in each process what was taken before', async () => {
  const world = createWorld();
  const source = world.open({ signers: SIGNERS });
  await assert.rejects(source.readRevision(), { code: 'GIT_UNTRUSTED_COMMIT' });
  assert.equal(world.marks.size, 0);
  world.signed.add('b');
  world.head = 'b';
  assert.equal(await source.readRevision(), 'b');
  assert.equal(await source.readRevision(), 'b');
  assert.deepEqual(world.verified, ['a', 'b']);
  world.head = 'c';
  assert.equal(await source.readRevision(), 'b');
  assert.equal(source.readTrouble()?.code, 'GIT_UNTRUSTED_COMMIT');
  world.signed.clear();
  await assert.rejects(world.open({ signers: SIGNERS }).readRevision(), {
    code: 'GIT_UNTRUSTED_COMMIT',
  });
});

test('createCommitSource answers each question with a look of its own, one after the other', async () => {
  const world = createWorld();
  const source = world.open({}, null);
  const first = source.readRevision();
  world.head = 'b';
  assert.deepEqual([await first, await source.readRevision()].at(-1), 'b');
  world.head = AWAY;
  await assert.rejects(source.readRevision(), AWAY);
  world.head = 'c';
  assert.equal(await source.readRevision(), 'c');
});

// Seen to fail: with the same wait after refused credentials; with a ring at every fetch.
test('createFetchTrigger fetches by its interval with jitter, rings for another commit, and asks ever more seldom with refused credentials', async () => {
  const world = createWorld();
  const refused = new ToolError('GIT_UNAUTHORIZED', 'refused', { disposition: 'retry' });
  const heads = ['a', 'a', 'b', AWAY, refused, refused, refused, refused, refused, 'b', 'c', 'c'];
  const waits: number[] = [];
  const rings: number[] = [];
  const ended = new AbortController();
  const clock = {
    now: () => new Date(0),
    async sleep(milliseconds: number) {
      const head = heads[waits.length];
      waits.push(milliseconds);
      if (head === undefined) ended.abort();
      else world.head = head;
    },
  };
  const trigger = createFetchTrigger({
    source: world.open(),
    interval: 1000,
    clock,
    random: () => (waits.length === 0 ? 1 : 0.5),
    signal: ended.signal,
  });
  const stop = await trigger.start(({ reason }) => {
    assert.equal(reason, 'commit');
    rings.push(waits.length);
  });
  await new Promise((done) => ended.signal.addEventListener('abort', done));
  await stop();
  assert.deepEqual(
    waits,
    [1100, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 8000, 8000, 1000, 1000, 1000],
  );
  assert.deepEqual(rings, [1, 3, 11]);
});
