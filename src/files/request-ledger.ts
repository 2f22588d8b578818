import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { formatCount } from '../base/text.ts';
import { messageOf } from '../base/tool-error.ts';

/** Counts requests to registries over a UTC day, for every process that uses one folder. */
export interface RequestLedger {
  /** Counts at once, written down soon after: a kill loses at most 50 requests. */
  add(host: string, requests: number): void;
  /** Requests to a host today, this process's included. */
  readSpent(host: string): Promise<number>;
  /** Writes down what is not yet. */
  flush(): Promise<void>;
}

export interface RequestLedgerOptions {
  /** Made when something is written. */
  readonly folder: string;
  readonly clock: Clock;
  /** Told once of a folder or a file that cannot be used: counting goes on, and nothing fails for it. */
  readonly warn: (message: string) => void;
}

interface State extends RequestLedgerOptions {
  /** What this process counted and did not write yet. */
  readonly pending: { day: string; readonly counts: Map<string, number> };
  /** What could not be written stays counted here, for this process at least. */
  readonly unwritten: Map<string, number>;
  writing: Promise<void>;
  warned: boolean;
}

const WRITTEN_EVERY = 50;
const SUFFIX = '.jsonl';

/**
 * Opens the ledger of a folder: one file a day, to which every process appends lines of its own, so
 * that none overwrites what another counted. Files of earlier days are removed.
 */
export function createRequestLedger(options: RequestLedgerOptions): RequestLedger {
  const state: State = {
    ...options,
    pending: { day: dayOf(options.clock), counts: new Map() },
    unwritten: new Map(),
    writing: Promise.resolve(),
    warned: false,
  };
  return {
    add(host, requests) {
      startDay(state);
      const count = addTo(state.pending.counts, host, requests);
      if (count >= WRITTEN_EVERY) write(state);
    },
    async readSpent(host) {
      startDay(state);
      write(state);
      await state.writing;
      return (await readDay(state, host)) + (state.unwritten.get(host) ?? 0);
    },
    flush() {
      write(state);
      return state.writing;
    },
  };
}

function dayOf(clock: Clock): string {
  return clock.now().toISOString().slice(0, 10);
}

function addTo(counts: Map<string, number>, host: string, requests: number): number {
  const sum = (counts.get(host) ?? 0) + requests;
  counts.set(host, sum);
  return sum;
}

// What was counted before midnight belongs to that day.
function startDay(state: State): void {
  const day = dayOf(state.clock);
  if (state.pending.day === day) return;
  write(state);
  state.pending.day = day;
  state.unwritten.clear();
}

function write(state: State): void {
  const { day, counts } = state.pending;
  const entries = [...counts];
  counts.clear();
  if (entries.length > 0) state.writing = state.writing.then(() => append(state, day, entries));
}

async function append(
  state: State,
  day: string,
  entries: readonly (readonly [string, number])[],
): Promise<void> {
  // Each line begins anew, since a kill may have left half of one. Short appends do not mix.
  const text = entries.map(([host, requests]) => `\n${JSON.stringify({ host, requests })}`);
  try {
    await mkdir(state.folder, { recursive: true, mode: 0o700 });
    await appendFile(join(state.folder, day + SUFFIX), `${text.join('')}\n`, { mode: 0o600 });
    await removeOlder(state.folder, day);
  } catch (error) {
    if (day === state.pending.day)
      for (const [host, requests] of entries) addTo(state.unwritten, host, requests);
    warnOnce(
      state,
      `Requests cannot be counted in ${state.folder}: ${messageOf(error)}. The budget of today counts those of this process only.`,
    );
  }
}

async function removeOlder(folder: string, day: string): Promise<void> {
  const names = await readdir(folder);
  const older = names.filter((name) => name.endsWith(SUFFIX) && name < day);
  await Promise.all(older.map((name) => rm(join(folder, name), { force: true })));
}

async function readDay(state: State, host: string): Promise<number> {
  const file = join(state.folder, state.pending.day + SUFFIX);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (!isMissing(error))
      warnOnce(
        state,
        `${file} cannot be read: ${messageOf(error)}. What it counted is not in the sum of today.`,
      );
    return 0;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  const records = lines.map(parseRecord);
  const damaged = records.filter((record) => record === null).length;
  if (damaged > 0)
    warnOnce(
      state,
      `${formatCount(damaged, 'line')} of ${file} cannot be read, so the sum of today may be too small.`,
    );
  return records.reduce((sum, record) => (record?.host === host ? sum + record.requests : sum), 0);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

interface Entry {
  readonly host: string;
  readonly requests: number;
}

function parseRecord(line: string): Entry | null {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : null;
  } catch {
    return null;
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  if (!('host' in value && 'requests' in value)) return false;
  return (
    typeof value.host === 'string' &&
    Number.isSafeInteger(value.requests) &&
    Number(value.requests) >= 0
  );
}

function warnOnce(state: State, message: string): void {
  if (state.warned) return;
  state.warned = true;
  state.warn(message);
}
