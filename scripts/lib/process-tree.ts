import { readdirSync, readFileSync } from 'node:fs';

/** A process and all that it started, as the kernel sees them now. */
export interface TreeUse {
  readonly processes: number;
  /** Resident bytes: memory of their own, and the most that one has of files, which they share. About what a limit on all of them counts. */
  readonly bytes: number;
  readonly openFiles: number;
}

export function measureTree(pid: number): TreeUse {
  const pids = listTree(pid);
  return {
    processes: pids.length,
    bytes: sumBytes(pids),
    openFiles: pids.reduce((sum, each) => sum + list(`/proc/${each}/fd`).length, 0),
  };
}

/** Looks again and again until it is stopped, and then says how much it was at most. */
export function watchPeak(pid: number, everyMilliseconds = 100): () => TreeUse {
  let peak = measureTree(pid);
  const timer = setInterval(() => {
    const now = measureTree(pid);
    if (now.bytes > peak.bytes) peak = now;
  }, everyMilliseconds);
  timer.unref();
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/** Resident bytes of one process, what it shares with others included. */
export function readResident(pid: number): number {
  return readKilobytes(`/proc/${pid}/status`, 'VmRSS') * 1024;
}

/** Hundredths of a second that a process used of processors. */
export function readTicks(pid: number): number {
  // The name of the program may hold spaces; what counts comes behind it.
  const fields = (readIf(`/proc/${pid}/stat`).split(') ').at(-1) ?? '').split(' ');
  return fields.slice(11, 13).reduce((sum, field) => sum + Number(field), 0);
}

/** The process, then those below it. One that has only been split off, and runs no program of its own yet, is left out: its memory is that of its parent. */
export function listTree(pid: number): readonly number[] {
  const found = [pid];
  for (const each of found) {
    const program = readCommandLine(each);
    found.push(...listChildren(each).filter((child) => readCommandLine(child) !== program));
  }
  return found;
}

/** Its arguments, a zero byte after each; empty where it is gone. */
export function readCommandLine(pid: number): string {
  return readIf(`/proc/${pid}/cmdline`);
}

function listChildren(pid: number): readonly number[] {
  return list(`/proc/${pid}/task`).flatMap((thread) =>
    readIf(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .filter((child) => child !== '')
      .map(Number),
  );
}

function sumBytes(pids: readonly number[]): number {
  const own = pids.map(
    (pid) =>
      readKilobytes(`/proc/${pid}/status`, 'RssAnon') +
      readKilobytes(`/proc/${pid}/status`, 'RssShmem'),
  );
  const files = pids.map((pid) => readKilobytes(`/proc/${pid}/status`, 'RssFile'));
  return (own.reduce((sum, each) => sum + each, 0) + Math.max(...files)) * 1024;
}

function readKilobytes(path: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readIf(path))?.[1] ?? 0);
}

// A process may end at any time.
function readIf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
