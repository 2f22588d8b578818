// Times a command as a whole process, and watches its memory from outside.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  /** Median of the runs. */
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  /** Highest resident set of all runs, bytes, all threads included. */
  readonly memory: number;
}

export interface MeasureOptions {
  readonly runs: number;
  readonly cwd?: string;
  /** Exit codes that count as success. */
  readonly accepts?: readonly number[];
  /** Before each run; not timed. */
  readonly prepare?: () => void;
}

export async function measure(
  command: readonly string[],
  options: MeasureOptions,
): Promise<Measured> {
  const runs: { readonly seconds: number; readonly memory: number }[] = [];
  for (let run = 0; run <= options.runs; run += 1) {
    options.prepare?.();
    const result = await runOnce(command, options);
    // The first run fills the file cache.
    if (run > 0) runs.push(result);
  }
  const seconds = runs.map((run) => run.seconds).toSorted((a, b) => a - b);
  return {
    seconds: seconds[Math.floor(seconds.length / 2)] ?? Number.NaN,
    fastest: seconds[0] ?? Number.NaN,
    slowest: seconds.at(-1) ?? Number.NaN,
    memory: Math.max(...runs.map((run) => run.memory)),
  };
}

async function runOnce(
  [program = '', ...args]: readonly string[],
  options: MeasureOptions,
): Promise<{ readonly seconds: number; readonly memory: number }> {
  const start = performance.now();
  const child = spawn(program, args, {
    cwd: options.cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let memory = 0;
  let errors = '';
  child.stderr.on('data', (part: Buffer) => {
    errors += part.toString();
  });
  // The kernel's own high-water mark, so looking now and then is enough.
  const watch = setInterval(() => {
    memory = Math.max(memory, readPeak(child.pid ?? 0));
  }, 5);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  clearInterval(watch);
  const seconds = (performance.now() - start) / 1000;
  if (!(options.accepts ?? [0]).includes(code ?? -1))
    throw new Error(
      `${[program, ...args].join(' ')} ended with ${code}: ${errors.slice(0, 2_000)}`,
    );
  return { seconds, memory };
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
