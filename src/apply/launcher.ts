import { type ChildProcess, fork } from 'node:child_process';
import type { GroupResult, GroupRun, RunGroup } from './run-group.ts';

export type LauncherRequest =
  | { readonly kind: 'run'; readonly id: number; readonly run: Omit<GroupRun, 'signal'> }
  | { readonly kind: 'stop'; readonly id: number };

export interface LauncherReply {
  readonly id: number;
  readonly result: GroupResult;
}

/** A small process that starts programs. */
export interface Launcher {
  /** Starts the process before the first program is there to run, and does not wait for it. */
  readonly start: () => void;
  readonly runGroup: RunGroup;
  /** Stops what still runs. */
  close(): Promise<void>;
}

// The file beside this one: the bundle has it beside the commands.
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './launcher-process.ts' : './launcher-process.js',
  import.meta.url,
);

/**
 * Of the process: to start a program costs what memory it has itself, so V8 keeps little of it, and has no
 * compilers that need more.
 */
const SETTINGS = ['--max-semi-space-size=2', '--no-opt', '--no-maglev'];

/**
 * Runs programs like `runGroup`, from a process of its own that is started with the first of them at the latest.
 * Starting a program copies the page tables of who starts it, so with a catalog in memory each start
 * would hold everything up for longer than a small copy takes. And what runs there ends when this process
 * ends, even by SIGKILL. `environment`: of the process itself, not of what it runs.
 */
export function openLauncher(environment: Readonly<Record<string, string>> = {}): Launcher {
  const waiting = new Map<number, (result: GroupResult) => void>();
  let launcher: ChildProcess | null = null;
  let asked = 0;
  function open(): ChildProcess {
    const started = fork(PROGRAM, [], {
      detached: true,
      stdio: 'ignore',
      execArgv: SETTINGS,
      env: { ...environment },
    });
    started.on('message', ({ id, result }: LauncherReply) => settle(id, result));
    for (const event of ['error', 'exit'] as const) started.on(event, () => fail(started));
    return started;
  }
  function settle(id: number, result: GroupResult): void {
    waiting.get(id)?.(result);
    waiting.delete(id);
    if (waiting.size === 0) hold(launcher, false);
  }
  // Who killed it did not tell its programs, but their outputs went with it.
  function fail(ended: ChildProcess): void {
    if (launcher !== ended) return;
    launcher = null;
    const errors = 'the process of olmirror that runs it ended';
    for (const id of waiting.keys())
      settle(id, { stopped: null, failed: true, exitCode: undefined, errors, output: errors });
  }
  return {
    start() {
      if (launcher !== null) return;
      launcher = open();
      hold(launcher, false);
    },
    runGroup({ signal, ...run }) {
      launcher ??= open();
      const running = launcher;
      asked += 1;
      const id = asked;
      function stop(): void {
        ask(running, { kind: 'stop', id });
      }
      return new Promise<GroupResult>((resolve) => {
        waiting.set(id, resolve);
        hold(running, true);
        ask(running, { kind: 'run', id, run });
        if (signal?.aborted === true) stop();
        signal?.addEventListener('abort', stop, { once: true });
      }).finally(() => signal?.removeEventListener('abort', stop));
    },
    async close() {
      if (launcher?.connected === true) launcher.disconnect();
    },
  };
}

// A launcher that is gone tells so by its `exit`.
function ask(launcher: ChildProcess, request: LauncherRequest): void {
  if (launcher.connected) launcher.send(request, () => undefined);
}

/** Only a launcher that runs something keeps this process from ending. */
function hold(launcher: ChildProcess | null, busy: boolean): void {
  if (busy) {
    launcher?.ref();
    launcher?.channel?.ref();
  } else {
    launcher?.unref();
    launcher?.channel?.unref();
  }
}
