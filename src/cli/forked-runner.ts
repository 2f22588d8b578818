import { type ChildProcess, fork } from 'node:child_process';
import type { EmitEvent } from '../base/events.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { createPassMemory } from '../reconcile/pass-memory.ts';
import type { PassRunner, PassTask, RanPass } from '../reconcile/pass-runner.ts';
import { type PassReply, type PassRequest, type PassSetup, unpackPass } from './pass-messages.ts';

export interface ForkedRunnerDeps {
  readonly emit: EmitEvent;
  readonly onRegistryAnswer: (host: string, status: number | null, times: number) => void;
  /** Ends a pass that runs, as it ends one of `apply`. */
  readonly signal: AbortSignal;
  /** How long the process stays after a pass. */
  readonly lingerMilliseconds: number;
}

// The file beside this one: the bundle has it beside the commands.
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './pass-process.ts' : './pass-process.js',
  import.meta.url,
);

/** Milliseconds that a process without a pass may take to end. */
const LAST_WORDS = 5_000;

interface State extends ForkedRunnerDeps {
  readonly setup: PassSetup;
  memory: ReturnType<typeof createPassMemory>;
  last: PassTask | null;
  child: ChildProcess | null;
  settle: ((ran: RanPass) => void) | null;
  rest: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Runs passes in a process of its own, which stays for a while, since the next commit is quicker where all is
 * at hand, and then ends: a catalog in memory takes several times what waiting takes, and only the end of a
 * process gives all of it back. One that dies fails its pass, and the next pass has another.
 */
export function createForkedRunner(setup: PassSetup, deps: ForkedRunnerDeps): PassRunner {
  const state: State = {
    ...deps,
    setup,
    memory: createPassMemory(),
    last: null,
    child: null,
    settle: null,
    rest: undefined,
  };
  function stop(): void {
    if (state.child !== null) ask(state.child, { kind: 'stop' });
  }
  return {
    run(task) {
      clearTimeout(state.rest);
      return new Promise<RanPass>((resolve) => {
        state.settle = resolve;
        deps.signal.addEventListener('abort', stop, { once: true });
        const child = findChild(state, null);
        state.last = task;
        if (child === null) return;
        ask(child, { kind: 'run', task });
        if (deps.signal.aborted) stop();
      }).finally(() => {
        deps.signal.removeEventListener('abort', stop);
        lingerOn(state);
      });
    },
    warm() {
      if (state.settle !== null || deps.signal.aborted) return;
      findChild(state, state.last);
      lingerOn(state);
    },
    async close() {
      clearTimeout(state.rest);
      if (state.child !== null) await endChild(state.child);
    },
  };
}

function lingerOn(state: State): void {
  clearTimeout(state.rest);
  state.rest = setTimeout(() => {
    const { child } = state;
    state.child = null;
    if (child !== null) void endChild(child);
  }, state.lingerMilliseconds);
  state.rest.unref();
}

/** Null where none can be started, which the pass is told of. A fresh one reads the commit of `last` while it waits. */
function findChild(state: State, last: PassTask | null): ChildProcess | null {
  if (state.child?.connected === true) return state.child;
  try {
    return startChild(state, last);
  } catch (error) {
    // Node throws some refusals of the system, such as ENOMEM, and tells of others by an event.
    settle(state, lostPass(`did not start (${messageOf(error)})`));
    return null;
  }
}

function startChild(state: State, last: PassTask | null): ChildProcess {
  const child = fork(PROGRAM, [], {
    serialization: 'advanced',
    // glibc gives each thread a heap of its own, and keeps what was freed in each: 40 MB and more after a catalog.
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  state.child = child;
  child.on('message', (reply: PassReply) => hear(reply, state));
  child.once('error', (error) => lose(child, `did not start (${error.message})`, state));
  child.once('exit', (code, signal) =>
    lose(child, signal === null ? `ended with code ${code}` : `was ended by ${signal}`, state),
  );
  ask(child, { kind: 'start', setup: state.setup, memory: state.memory, last });
  return child;
}

function hear(reply: PassReply, state: State): void {
  switch (reply.kind) {
    case 'event':
      return state.emit(reply.event);
    case 'answers':
      for (const [host, status, times] of reply.answers)
        state.onRegistryAnswer(host, status, times);
      return;
    case 'ran':
      state.memory = reply.memory;
      return settle(state, unpackPass(reply.ran));
  }
}

function lose(child: ChildProcess, how: string, state: State): void {
  if (state.child !== child) return;
  state.child = null;
  settle(state, lostPass(how));
}

function lostPass(how: string): RanPass {
  const error = new ToolError('RECONCILE_PASS_LOST', `The process of the pass ${how}.`, {
    hint: 'What was copied stays, and no index names what is not there; the next pass goes on from it. Where SIGKILL came from the system, it lacked memory: look at `dmesg`, and give it more or fewer copies at a time (--concurrency).',
    disposition: 'retry',
  });
  return { view: null, report: null, holds: [], error };
}

function settle(state: State, ran: RanPass): void {
  const { settle: end } = state;
  state.settle = null;
  end?.(ran);
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const late = setTimeout(() => child.kill('SIGKILL'), LAST_WORDS);
  if (child.connected) child.disconnect();
  await ended;
  clearTimeout(late);
}

// One that is gone tells so by its `exit`.
function ask(child: ChildProcess, request: PassRequest): void {
  if (child.connected) child.send(request, () => undefined);
}
