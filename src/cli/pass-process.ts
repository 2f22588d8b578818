// The program behind `createForkedRunner`: it runs passes as it is asked to, and ends when who asked is gone,
// however that ended. What it was in the middle of is then as after a crash, which the next pass mends.
import { posix } from 'node:path';
import type { PassEvent } from '../base/events.ts';
import { openMirrorClone } from '../git/mirror-clone.ts';
import type { GitPort } from '../git/port.ts';
import { createPassMemory, type PassMemory } from '../reconcile/pass-memory.ts';
import { createPassRunner, type OwnRunner, type PassTask } from '../reconcile/pass-runner.ts';
import { keepThread } from './catalog-pool.ts';
import type { Console } from './console.ts';
import {
  type AnswerCounts,
  type PassReply,
  type PassRequest,
  type PassSetup,
  packPass,
} from './pass-messages.ts';
import { systemClock } from './system-clock.ts';
import { openWatchControl } from './watch-control.ts';
import { createWiring, type Wiring } from './wire.ts';

interface Opened {
  readonly wiring: Wiring;
  readonly runner: OwnRunner;
  readonly flush: () => void;
}

const stop = new AbortController();
let memory = createPassMemory();
let opened: Promise<Opened> | null = null;
let isRunning = false;

process.on('message', (request: PassRequest) => {
  switch (request.kind) {
    case 'start':
      memory = request.memory;
      opened = open(request.setup, memory);
      // Told by the pass that needs it.
      opened.then(({ runner }) => getReady(runner, request.last), ignore);
      return;
    case 'run':
      void run(request.task);
      return;
    case 'stop':
      stop.abort(new Error('Stopped by a signal.'));
  }
});
process.on('disconnect', () => void end());
// A signal to everything that olmirror started is for olmirror to answer, which then stops the pass.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGXFSZ'] as const)
  process.on(signal, () => undefined);

function getReady(runner: OwnRunner, last: PassTask | null): void {
  if (last !== null && !isRunning) void runner.readAhead(last);
}

async function run(task: PassTask): Promise<void> {
  isRunning = true;
  const ran = await runOrFail(task);
  await opened?.then(({ flush }) => flush(), ignore);
  isRunning = false;
  send({ kind: 'ran', ran: packPass(ran), memory });
}

async function runOrFail(task: PassTask): ReturnType<OwnRunner['run']> {
  try {
    if (opened === null) throw new Error('A pass was asked for before the start.');
    const { runner } = await opened;
    return await runner.run(task);
  } catch (error) {
    return { view: null, report: null, holds: [], error };
  }
}

async function end(): Promise<void> {
  if (!isRunning) await opened?.then(({ wiring }) => wiring.close(), ignore);
  process.exit();
}

async function open(setup: PassSetup, kept: PassMemory): Promise<Opened> {
  const { signal } = stop;
  const emit = createEmit();
  const { folder, manifestFile, manifestPath, stateFolder } = setup;
  const shared = await openShared(setup);
  const wiring = createWiring(
    {
      folder,
      manifestFile,
      stateFolder,
      ...(manifestPath === null ? {} : { manifestPath }),
      console: SILENT,
      progress: { emit, clear: ignore },
      signal,
    },
    shared,
  );
  const flush = countAnswers(wiring);
  const [git, notes, proofs, applier] = await Promise.all([
    shared === undefined ? openGit(setup, wiring) : wiring.openGit(),
    wiring.openNotes(),
    wiring.openProofs(),
    wiring.createApplier(setup),
  ]);
  const { control } = openWatchControl(wiring.stateFolder, (message) =>
    emit({ kind: 'warning', message, hint: null }),
  );
  const runner = createPassRunner(
    {
      manifestFile,
      indexOnly: false,
      rebuild: false,
      verify: null,
      allowShrink: setup.allowShrink,
      notes,
      proofs,
      keepsBudget: true,
      intervalMilliseconds: setup.intervalMilliseconds,
    },
    {
      git,
      prepare: await wiring.createPreparer(git, { emit, kept, thread: keepThread() }),
      applier,
      concurrency: setup.concurrency,
      findAccess: wiring.findAccess,
      clock: systemClock,
      emit,
      control,
      signal,
    },
  );
  return { wiring, runner, flush };
}

async function openShared({ top, remote, ref, access }: PassSetup): Promise<GitPort | undefined> {
  if (top === null) return undefined;
  if (remote !== null) return openMirrorClone({ url: remote, ref, folder: top, access });
  const { openGitRepository } = await import('../git/git-repository.ts');
  return openGitRepository(top, { access });
}

async function openGit(setup: PassSetup, wiring: Wiring): Promise<GitPort> {
  const { remote, ref, access, manifestPath } = setup;
  if (remote === null) return wiring.openGit(access);
  const folder = wiring.stateFolder;
  const clone = await openMirrorClone({ url: remote, ref, folder, access });
  return clone.enter(posix.dirname(manifestPath ?? ''));
}

/** Milliseconds between two messages that say the same kind of thing. */
const OFTEN = 500;

// Of thousands of images each would tell how far the looking is.
function createEmit(): (event: PassEvent) => void {
  let last = 0;
  return (event) => {
    const now = performance.now();
    if (event.kind === 'observe-progress' && now - last < OFTEN) return;
    last = now;
    send({ kind: 'event', event });
  };
}

function countAnswers(wiring: Wiring): () => void {
  const counts = new Map<string, AnswerCounts[number]>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (counts.size > 0) send({ kind: 'answers', answers: [...counts.values()] });
    counts.clear();
  }
  wiring.onRegistryAnswer((host, status) => {
    const key = `${host} ${status}`;
    counts.set(key, [host, status, (counts.get(key)?.[2] ?? 0) + 1]);
    timer ??= setTimeout(flush, OFTEN);
  });
  return flush;
}

// Who asked may be gone before that is seen here.
function send(reply: PassReply): void {
  if (process.connected) process.send?.(reply, () => undefined);
}

const SILENT: Console = {
  quiet: true,
  verbose: false,
  result: ignore,
  say: ignore,
  warn: ignore,
};

function ignore(): void {}
