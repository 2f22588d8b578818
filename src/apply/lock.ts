import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { excludesKey, fileOfKey, keyOfFile, type LockKey, nameKey, WHOLE } from './lock-key.ts';

export interface Lock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** Tells two processes of one pid apart; null where the system does not say. */
  readonly processStart: string | null;
  readonly id: string;
}

const ASIDE_MILLISECONDS = 60_000;

/**
 * Takes a lock of a state folder, so that one pass writes at a time, or one of each shard. A lock whose process
 * is gone (killed, or the machine restarted) is taken over. Throws `APPLY_LOCKED` where it is held, and
 * `APPLY_SHARDS_RUNNING` where shards hold off who wants the whole.
 */
export async function acquireLock(folder: string, key: LockKey = WHOLE): Promise<Lock> {
  const lock = await acquireOwn(folder, key);
  try {
    await assertAlone(folder, key);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The shards whose processes run now. */
export async function listShardLocks(folder: string): Promise<readonly LockKey[]> {
  const held = await listLocks(folder, (key) => key !== WHOLE);
  const alive: LockKey[] = [];
  for (const { key, text } of held) {
    const holder = parseHolder(text);
    if (holder !== null && (await isAlive(holder))) alive.push(key);
  }
  return alive;
}

async function acquireOwn(folder: string, key: LockKey): Promise<Lock> {
  const file = join(folder, fileOfKey(key));
  const own = await describeSelf();
  const text = JSON.stringify(own);
  await assertAlone(folder, key);
  if (await placeFirstLock(folder, file, text)) return holdLock(file, text);
  const held = await readFileOrNull(file);
  if (held !== null) await removeStale(file, held);
  if (await placeLock(file, text)) return holdLock(file, text);
  throw locked(file, parseHolder((await readFileOrNull(file)) ?? ''));
}

// Looked at before and after the own lock is placed: so of two that exclude each other never both go on.
async function assertAlone(folder: string, key: LockKey): Promise<void> {
  for (const held of await listLocks(folder, (other) => other !== key && excludesKey(key, other)))
    await removeStale(held.file, held.text);
}

interface HeldFile {
  readonly key: LockKey;
  readonly file: string;
  readonly text: string;
}

async function listLocks(
  folder: string,
  isWanted: (key: LockKey) => boolean,
): Promise<readonly HeldFile[]> {
  const found: HeldFile[] = [];
  for (const name of (await readdir(folder).catch(() => [])).toSorted()) {
    const key = keyOfFile(name);
    if (key === null || !isWanted(key)) continue;
    const file = join(folder, name);
    const text = await readFileOrNull(file);
    if (text !== null) found.push({ key, file, text });
  }
  return found;
}

async function holdLock(file: string, text: string): Promise<Lock> {
  await removeAsides(file);
  return { release: () => releaseLock(file, text) };
}

// Of processes that were killed while they took the lock; a young one may be of a process that tries right now.
async function removeAsides(file: string): Promise<void> {
  const folder = dirname(file);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(`${basename(file)}.`))) {
    const path = join(folder, name);
    const seen = await stat(path).catch(() => null);
    if (seen !== null && Date.now() - seen.mtimeMs > ASIDE_MILLISECONDS)
      await rm(path, { force: true });
  }
}

async function placeFirstLock(folder: string, file: string, text: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    return await placeLock(file, text);
  } catch (error) {
    throw new ToolError(
      'APPLY_JOURNAL',
      `The state folder ${folder} cannot be used: ${messageOf(error)}. Nothing was written to a registry.`,
      {
        cause: error,
        disposition: 'retry',
        hint: 'Make room, or give the folder to the user who runs olmirror; XDG_STATE_HOME names another.',
      },
    );
  }
}

async function describeSelf(): Promise<Holder> {
  const { pid } = process;
  return {
    pid,
    host: hostname(),
    since: new Date().toISOString(),
    processStart: await readProcessStart(pid),
    id: randomUUID(),
  };
}

// Written aside and linked, so that the lock is never seen half written.
async function placeLock(file: string, text: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, text, { mode: 0o600 });
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

// Moved aside first: another process may have taken the stale lock over in the meantime, and gets its own back.
async function removeStale(file: string, held: string): Promise<void> {
  const holder = parseHolder(held);
  if (holder !== null && (await isAlive(holder))) throw locked(file, holder);
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = await readFileOrNull(aside);
  if (moved !== null && moved !== held) await placeLock(file, moved);
  await rm(aside, { force: true });
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  if (!isRunning(holder.pid)) return false;
  const found = await readProcess(holder.pid);
  if (found === null || holder.processStart === null) return true;
  // A killed process stays as a zombie until its parent takes notice; some containers' first process never does.
  return found.state !== 'Z' && found.start === holder.processStart;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasErrorCode(error, 'ESRCH');
  }
}

async function readProcessStart(pid: number): Promise<string | null> {
  return (await readProcess(pid))?.start ?? null;
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

async function releaseLock(file: string, text: string): Promise<void> {
  if ((await readFileOrNull(file)) === text) await rm(file, { force: true });
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'host' in value &&
    typeof value.host === 'string'
  );
}

function locked(file: string, holder: Holder | null): ToolError {
  const key = keyOfFile(basename(file)) ?? WHOLE;
  const who =
    holder === null
      ? 'Another process'
      : `Process ${holder.pid} on ${holder.host} (since ${holder.since})`;
  const what = key === WHOLE ? 'is applying' : `is applying ${nameKey(key)}`;
  return new ToolError(
    key === WHOLE ? 'APPLY_LOCKED' : 'APPLY_SHARDS_RUNNING',
    `${who} ${what}; the lock is ${file}.`,
    {
      disposition: 'retry',
      hint: 'Wait until it has ended. If that machine is gone for good, delete the lock file.',
    },
  );
}

async function readFileOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ESRCH')) return null;
    throw error;
  }
}

function hasErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
