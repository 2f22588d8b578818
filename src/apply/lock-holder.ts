import { createHash, randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hasErrorCode, readFileOrNull } from './read-or-null.ts';

/** Who holds a lock, as its file says. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** Tells two processes of one pid apart; null where the system does not say. */
  readonly processStart: string | null;
  /** Boot and table of processes that the pid counts in; null where the system does not say. */
  readonly space: string | null;
  readonly id: string;
  /** How long without a sign of life makes it stale; null for a holder that gives none. */
  readonly staleMilliseconds: number | null;
}

/** `gone`: surely dead. `running`: surely not. `unseen`: only its signs of life can tell. */
export type HolderState = 'gone' | 'running' | 'unseen';

/** This process as a holder, with an id of its own. */
export async function describeSelf(
  own: Pick<Holder, 'host' | 'since' | 'staleMilliseconds'>,
): Promise<Holder> {
  const { pid } = process;
  return {
    pid,
    host: own.host,
    since: own.since,
    processStart: (await readProcess(pid))?.start ?? null,
    space: await readSpace(),
    id: randomUUID(),
    staleMilliseconds: own.staleMilliseconds,
  };
}

/** Null for a text that names no process. */
export function parseHolder(text: string): Holder | null {
  const value = parseObject(text);
  if (value === null) return null;
  const { pid, host, since, processStart, space, id, staleMilliseconds } = value;
  if (typeof pid !== 'number' || typeof host !== 'string') return null;
  return {
    pid,
    host,
    since: typeof since === 'string' ? since : 'an unknown time',
    processStart: typeof processStart === 'string' ? processStart : null,
    space: typeof space === 'string' ? space : null,
    id: typeof id === 'string' ? id : createHash('sha256').update(text).digest('hex'),
    staleMilliseconds: typeof staleMilliseconds === 'number' ? staleMilliseconds : null,
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Looks for the holder among the processes that can be seen from here, which is a process of `host`. */
export async function findHolder(holder: Holder, host: string): Promise<HolderState> {
  if (holder.host !== host) return 'unseen';
  // The same name on another machine, in another container, or before this boot: its pid says nothing here.
  if (holder.space !== null && holder.space !== (await readSpace())) return 'unseen';
  if (!isRunning(holder.pid)) return 'gone';
  const found = await readProcess(holder.pid);
  if (found === null || holder.processStart === null) return 'running';
  // A killed process stays as a zombie until its parent takes notice; some containers' first process never does.
  return found.state !== 'Z' && found.start === holder.processStart ? 'running' : 'gone';
}

/** Whether there is a process of this number, be it somebody else's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasErrorCode(error, 'ESRCH');
  }
}

// State and start time: fields 3 and 22 of /proc/<pid>/stat, counted behind the command's closing parenthesis.
async function readProcess(
  pid: number,
): Promise<{ readonly state: string; readonly start: string } | null> {
  const text = await readFileOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
}

async function readSpace(): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    // Not Linux, or a /proc that tells nothing: then the host's name has to do.
    return null;
  }
}
