import type { Clock } from '../base/clock.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import type { SharedSource } from './shared-source.ts';
import { beginSleep, createWaker, type Waker } from './waker.ts';
import type { Trigger, Wake } from './watch-types.ts';

/** What is told of the manifests themselves; of their passes their own sinks hear. */
export type ManyEvent =
  | { readonly kind: 'manifest-appeared'; readonly manifest: string; readonly revision: string }
  | { readonly kind: 'manifest-gone'; readonly manifest: string; readonly revision: string }
  /** No manifest is there: waits for a commit that has one. */
  | { readonly kind: 'no-manifest'; readonly revision: string }
  /** Patterns that nothing fits, though others have manifests. */
  | { readonly kind: 'idle-patterns'; readonly patterns: readonly string[] }
  /** A loop broke off, by a fault of ours or since it could not be set up; it begins anew at a time. */
  | {
      readonly kind: 'loop-failed';
      readonly manifest: string;
      readonly error: unknown;
      readonly until: Date;
    };

/** What the loop of one manifest gets from what it shares with the others. */
export interface LoopFeed {
  /** Rings when there is another commit. */
  readonly trigger: Trigger;
  /** The commit for the next pass. Throws the signal's reason where the manifest is not in it. */
  readonly readRevision: () => Promise<string>;
  readonly readTrouble: () => ToolError | null;
  /** The next `readRevision` looks itself: a person asked for a pass, perhaps after a push. */
  readonly expectNewest: () => void;
}

export interface ManifestList {
  /** Sorted. */
  readonly paths: readonly string[];
  /** Patterns that nothing fits. */
  readonly idle: readonly string[];
}

export interface WatchManyDeps {
  readonly source: SharedSource;
  /** Looks cost a question to a server: passes take the commit that was found last. */
  readonly isRemote: boolean;
  /** The manifests of a commit. Throws a `ToolError`. */
  readonly listManifests: (revision: string) => Promise<ManifestList>;
  /** Thrown where the first commit has no manifest. */
  readonly noManifest: () => ToolError;
  /** Runs the loop of a manifest until the signal aborts. */
  readonly runLoop: (manifest: string, feed: LoopFeed, signal: AbortSignal) => Promise<void>;
  readonly triggers: readonly Trigger[];
  readonly tell: (event: ManyEvent) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A repository that tells nothing is looked at this often. */
const LOOK_AGAIN = 60_000;

/**
 * Runs a loop for each manifest of a repository, side by side. One look at the repository serves all: what it finds decides which
 * manifests are there, and rings their loops. A manifest that comes with a commit gets a loop, that of
 * one that goes is ended as by a signal, and its state stays. Returns when the signal aborts and all have ended.
 */
export async function watchMany(deps: WatchManyDeps): Promise<void> {
  const waker = createWaker();
  const flock = createFlock(deps);
  const stops: (() => Promise<void>)[] = [];
  try {
    for (const trigger of deps.triggers) stops.push(await trigger.start(waker.ring));
    let wake: Wake | null = null;
    while (!deps.signal.aborted) {
      await look(wake, flock, deps);
      wake = await waitForWake(waker, flock, deps);
    }
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    await flock.end();
  }
}

// What fails is told by the source, and by the passes of whoever looks next.
async function look(wake: Wake | null, flock: Flock, deps: WatchManyDeps): Promise<void> {
  const { source, isRemote, signal } = deps;
  // Who fetches rings because it has just found another commit, and goes on fetching where nothing rings.
  const isFound = isRemote && wake?.reason !== 'webhook';
  try {
    const revision = await (isFound ? source.readCurrent() : source.readRevision());
    if (!signal.aborted) await flock.follow(revision, wake ?? { reason: 'commit' });
  } catch (error) {
    if (!isToolError(error) && !signal.aborted) throw error;
    if (isToolError(error, 'CLI_NO_MANIFEST')) throw error;
  }
}

async function waitForWake(waker: Waker, flock: Flock, deps: WatchManyDeps): Promise<Wake | null> {
  const sleep = beginSleep(LOOK_AGAIN, { ...deps, waker });
  return Promise.race([sleep.next(), flock.failed]);
}

interface Flock {
  /** Brings the loops in step with the manifests of a commit. */
  follow(revision: string, wake: Wake): Promise<void>;
  /** Rejects where nothing could be set up at all. */
  readonly failed: Promise<never>;
  end(): Promise<void>;
}

interface Member {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
  ring: ((wake: Wake) => void) | null;
}

interface FlockState extends WatchManyDeps {
  readonly members: Map<string, Member>;
  /** Loops that end, by manifest. */
  readonly ending: Map<string, Promise<void>>;
  revision: string | null;
  idle: string;
  /** A loop has been up: what fails from now on is one manifest's matter. */
  isUp: boolean;
  readonly fail: (error: unknown) => void;
}

function createFlock(deps: WatchManyDeps): Flock {
  const failure = Promise.withResolvers<never>();
  // Nobody may be waiting for it when all end.
  failure.promise.catch(ignore);
  const state: FlockState = {
    ...deps,
    members: new Map(),
    ending: new Map(),
    revision: null,
    idle: '',
    isUp: false,
    fail: failure.reject,
  };
  let last: Promise<void> = Promise.resolve();
  function follow(revision: string, wake: Wake): Promise<void> {
    const done = last.then(() => followNow(revision, wake, { state, follow }));
    last = done.catch(ignore);
    return done;
  }
  return {
    follow,
    failed: failure.promise,
    async end() {
      for (const { controller } of state.members.values()) controller.abort(endReason());
      await Promise.all([...state.members.values()].map(({ ended }) => ended));
      await Promise.all(state.ending.values());
    },
  };
}

interface Following {
  readonly state: FlockState;
  readonly follow: Flock['follow'];
}

async function followNow(revision: string, wake: Wake, following: Following): Promise<void> {
  const { state } = following;
  if (state.signal.aborted || !(await isNews(revision, state))) return;
  const { paths, idle } = await state.listManifests(revision);
  if (paths.length === 0 && state.revision === null) throw state.noManifest();
  state.revision = revision;
  for (const manifest of state.members.keys())
    if (!paths.includes(manifest)) dismiss(manifest, revision, state);
  for (const manifest of paths) {
    const member = state.members.get(manifest);
    if (member === undefined) admit(manifest, revision, following);
    else member.ring?.(wake);
  }
  if (paths.length === 0) state.tell({ kind: 'no-manifest', revision });
  else tellIdle(idle, state);
}

// An earlier look than the one that was followed meanwhile brings none.
async function isNews(revision: string, state: FlockState): Promise<boolean> {
  if (revision === state.revision) return false;
  return revision === (await state.source.readCurrent().catch(() => revision));
}

// Told when it changes, not with every commit.
function tellIdle(patterns: readonly string[], state: FlockState): void {
  const now = patterns.join('\0');
  if (now !== state.idle && patterns.length > 0) state.tell({ kind: 'idle-patterns', patterns });
  state.idle = now;
}

function dismiss(manifest: string, revision: string, state: FlockState): void {
  const member = state.members.get(manifest);
  if (member === undefined) return;
  state.tell({ kind: 'manifest-gone', manifest, revision });
  state.members.delete(manifest);
  state.ending.set(
    manifest,
    member.ended.finally(() => state.ending.delete(manifest)),
  );
  member.controller.abort(endReason());
}

function admit(manifest: string, revision: string, following: Following): void {
  const { state } = following;
  state.tell({ kind: 'manifest-appeared', manifest, revision });
  const controller = new AbortController();
  const signal = AbortSignal.any([state.signal, controller.signal]);
  // Gone and back: one loop at a time writes into its state folder.
  const before = Promise.resolve(state.ending.get(manifest));
  const member: Member = {
    controller,
    ring: null,
    ended: before.then(() => keepRunning({ manifest, member, signal }, following)),
  };
  state.members.set(manifest, member);
}

interface Post {
  readonly manifest: string;
  readonly member: Member;
  readonly signal: AbortSignal;
}

const FIRST_REST = 30_000;
const LONGEST_REST = 3_600_000;

/** A loop that breaks off begins anew, at growing distances: what ends one must not end the others. */
async function keepRunning(post: Post, following: Following): Promise<void> {
  const { state } = following;
  const { manifest, member, signal } = post;
  const feed = createFeed(post, following);
  for (let rest = FIRST_REST; !signal.aborted; rest = Math.min(2 * rest, LONGEST_REST)) {
    try {
      await state.runLoop(manifest, feed, signal);
      return;
    } catch (error) {
      member.ring = null;
      if (signal.aborted) return;
      // Where none came up, what is wrong is most likely said on the command line, and a person reads it now.
      if (!state.isUp && isToolError(error)) return state.fail(error);
      const until = new Date(state.clock.now().getTime() + rest);
      state.tell({ kind: 'loop-failed', manifest, error, until });
      await state.clock.sleep(rest, signal).catch(ignore);
    }
  }
}

function createFeed({ member, signal }: Post, { state, follow }: Following): LoopFeed {
  const { source, isRemote } = state;
  let wantsNewest = !isRemote;
  return {
    trigger: {
      start(ring) {
        state.isUp = true;
        member.ring = ring;
        return Promise.resolve(() => {
          member.ring = null;
          return Promise.resolve();
        });
      },
    },
    async readRevision() {
      const isNewest = wantsNewest;
      wantsNewest = !isRemote;
      const revision = await (isNewest ? source.readRevision() : source.readCurrent());
      await follow(revision, { reason: 'commit' });
      signal.throwIfAborted();
      return revision;
    },
    readTrouble: () => source.readTrouble(),
    expectNewest() {
      wantsNewest = true;
    },
  };
}

function endReason(): Error {
  return new Error('The loop of this manifest ends.');
}

function ignore(): void {}
