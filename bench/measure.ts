// Times a command as a whole process, and watches its memory from outside.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  /** Median of the runs. */
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  /** Median of the processor time, of processes that it started too. */
  readonly cpu: number;
  /** Highest resident set of all runs, bytes, all threads included. */
  readonly memory: number;
}

export interface MeasureOptions {
  readonly runs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The time is that until it says this among its errors, not until it ends. */
  readonly until?: RegExp;
  /** Exit codes that count as success. */
  readonly accepts?: readonly number[];
  /** Before each run; not timed. */
  readonly prepare?: () => void;
  /** After each run; not timed. */
  readonly finish?: () => void;
}

export async function measure(
  command: readonly string[],
  options: MeasureOptions,
): Promise<Measured> {
  const [measured] = await measureInTurn([command], options);
  if (measured === undefined) throw new Error('Nothing was measured.');
  return measured;
}

/** Measures several commands run by run, each once in turn, so that a busy hour of the machine meets all of them. */
export async function measureInTurn(
  commands: readonly (readonly string[])[],
  options: MeasureOptions,
): Promise<readonly Measured[]> {
  const runs: Run[][] = commands.map(() => []);
  for (let run = 0; run <= options.runs; run += 1) {
    for (const [index, command] of commands.entries()) {
      options.prepare?.();
      const result = await runOnce(command, options);
      options.finish?.();
      // The first run fills the file cache.
      if (run > 0) runs[index]?.push(result);
    }
  }
  return runs.map(summarize);
}

function summarize(runs: readonly Run[]): Measured {
  const seconds = runs.map((run) => run.seconds);
  return {
    seconds: medianOf(seconds),
    cpu: medianOf(runs.map((run) => run.cpu)),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    memory: Math.max(...runs.map((run) => run.memory)),
  };
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Run {
  readonly seconds: number;
  readonly memory: number;
  readonly cpu: number;
}

async function runOnce(
  [program = '', ...args]: readonly string[],
  options: MeasureOptions,
): Promise<Run> {
  const start = performance.now();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let memory = 0;
  let cpu = 0;
  let errors = '';
  let reached: number | null = null;
  child.stderr.on('data', (part: Buffer) => {
    errors += part.toString();
    if (reached === null && options.until?.test(errors) === true) reached = performance.now();
  });
  // The kernel's own high-water mark, so looking now and then is enough.
  const watch = setInterval(() => {
    memory = Math.max(memory, readPeak(child.pid ?? 0));
    cpu = Math.max(cpu, readCpu(child.pid ?? 0));
  }, 5);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  clearInterval(watch);
  const seconds = ((reached ?? performance.now()) - start) / 1000;
  if (!(options.accepts ?? [0]).includes(code ?? -1))
    throw new Error(`${[program, ...args].join(' ')} ended with ${code}: ${errors.slice(-2_000)}`);
  if (options.until !== undefined && reached === null)
    throw new Error(`It did not say ${options.until}: ${errors.slice(-2_000)}`);
  return { seconds, memory, cpu };
}

function readPeak(pid: number): number {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(match?.[1] ?? 0) * 1024;
  } catch {
    // It has ended.
    return 0;
  }
}

/** Hundredths of a second are what the kernel counts in. */
const TICKS = 100;

function readCpu(pid: number): number {
  try {
    // The name of the program may hold spaces; what counts comes behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS;
  } catch {
    return 0;
  }
}
