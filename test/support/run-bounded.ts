import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI } from './cli.ts';

/** Milliseconds after which a command counts as hung, however busy the machine is. */
const HUNG = 60_000;

export interface BoundedRun {
  /** Null where it was killed, by its time limit or otherwise. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of all its threads, in seconds; 0 where the system does not tell. */
  readonly processorTime: number;
  /** Most memory that it had at a time; 0 where the system does not tell. */
  readonly megabytes: number;
}

export interface BoundedOptions {
  readonly cwd: string;
  /** Of the user. */
  readonly home: string;
  /** For root: as it is, but without the right to read what is locked. */
  readonly humble?: boolean;
}

/** What takes from root the right to read what is locked; it stays the owner of its files. */
const HUMBLE = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'] as const;

/** Whether `humble` can be had here; a container may not allow it. */
export function canBeHumble(): boolean {
  const [program, ...args] = HUMBLE;
  return spawnSync(program, [...args, 'true']).status === 0;
}

/** Runs the command line and watches what it takes of the machine. */
export function runBounded(
  args: readonly string[],
  { cwd, home, humble = false }: BoundedOptions,
): Promise<BoundedRun> {
  const [program = '', ...rest] = [...(humble ? HUMBLE : []), process.execPath, CLI, ...args];
  const child = spawn(program, rest, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      GIT_CONFIG_GLOBAL: '/dev/null',
      // Spares each run but the first the compilation of the same sources.
      NODE_COMPILE_CACHE: join(home, '.cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: HUNG,
    killSignal: 'SIGKILL',
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  const taken = { processorTime: 0, megabytes: 0 };
  const timer = setInterval(() => look(child.pid, taken), 20);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(timer);
      resolve({ code, ...texts, ...taken });
    });
  });
}

/** Ticks of the clock that processor time is counted in. */
const TICKS = 100;

function look(pid: number | undefined, taken: { processorTime: number; megabytes: number }): void {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_000;
    taken.megabytes = Math.max(taken.megabytes, peak);
    // Behind the name, which may hold anything, the fields start at the third.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
    taken.processorTime = Math.max(taken.processorTime, ticks / TICKS);
  } catch {
    // It has ended, or the system has no such files.
  }
}
