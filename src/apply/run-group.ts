import { execa } from 'execa';
import type { ToolError } from '../base/tool-error.ts';
import { type StopReason, watchProcess } from './watch-process.ts';

/** How long a program may take. */
export interface RunLimits {
  /** For one run; default an hour. */
  readonly timeoutMilliseconds?: number;
  /** A run that says nothing for so long is stopped. Default 20 minutes. */
  readonly idleMilliseconds?: number;
}

export interface GroupRun {
  readonly program: string;
  readonly args: readonly string[];
  /** All that the program sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working folder. */
  readonly folder: string;
  /** Whether what it prints is kept besides its errors. */
  readonly keepsOutput: boolean;
  readonly limits: RunLimits;
  readonly signal: AbortSignal | undefined;
}

export interface GroupResult {
  /** Why it was stopped, if it was. */
  readonly stopped: StopReason | null;
  readonly failed: boolean;
  readonly exitCode: number | undefined;
  /** Its errors, or why it could not be started. */
  readonly errors: string;
  /** Both outputs as they came, or why it could not be started; the errors alone where output is not kept. */
  readonly output: string;
}

export type RunGroup = (run: GroupRun) => Promise<GroupResult>;

/** Runs a program in a process group of its own, and stops all of that where it may not go on. */
export async function runGroup(run: GroupRun): Promise<GroupResult> {
  const child = execa(run.program, [...run.args], {
    env: run.environment,
    extendEnv: false,
    cwd: run.folder,
    stdin: 'ignore',
    all: run.keepsOutput,
    buffer: { stdout: run.keepsOutput },
    reject: false,
    // A group of its own: Ctrl-C does not reach it, and all of it can be killed.
    detached: true,
  });
  const watch = watchProcess(child, {
    totalMilliseconds: run.limits.timeoutMilliseconds ?? 3_600_000,
    idleMilliseconds: run.limits.idleMilliseconds ?? 1_200_000,
    signal: run.signal,
  });
  const result = await child;
  const stopped = watch.end();
  const { failed, exitCode, originalMessage = '' } = result;
  const errors = result.stderr || originalMessage;
  const output = run.keepsOutput ? result.all || originalMessage : errors;
  return { stopped, failed, exitCode, errors, output };
}

export interface VersionQuestion {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The error that says that the program cannot be run, and why. */
  readonly fail: (why: string, cause: unknown) => ToolError;
}

/** What a program prints for `--version`. */
export async function askVersion({ program, environment, fail }: VersionQuestion): Promise<string> {
  const result = await execa(program, ['--version'], {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 20_000,
  });
  if (!result.failed) return result.stdout;
  throw fail(result.originalMessage ?? result.shortMessage ?? '', result);
}
