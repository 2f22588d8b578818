import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleepOrAbort } from '../base/clock.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import { redactSecrets } from '../base/redact.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { Outcome, Step, Sums } from '../plan/types.ts';

/** What one pass writes down while it works. */
export type JournalEntry =
  | {
      readonly kind: 'pass-started';
      readonly mirror: string;
      readonly revision: string;
      readonly plan: string;
      readonly steps: number;
    }
  | { readonly kind: 'step-started'; readonly step: string; readonly title: string }
  | {
      readonly kind: 'step-finished';
      readonly step: string;
      readonly result: Outcome['kind'];
      readonly code: ErrorCode | null;
      readonly message: string | null;
    }
  | ({ readonly kind: 'outcome'; readonly step: Step['id'] } & { readonly outcome: Outcome })
  | {
      readonly kind: 'pass-finished';
      readonly interrupted: boolean;
      readonly counts: Omit<Sums, 'wanted'>;
    };

export type JournalRecord = JournalEntry & { readonly pass: string; readonly time: string };

export interface Journal {
  /** Resolves when the line is in the file, where a kill of this process leaves it. */
  write(entry: JournalEntry): Promise<void>;
  /** Resolves when all of it is on disk. */
  close(): Promise<void>;
}

const FILE = 'journal.jsonl';

/** Until what was written is synced: each small copy writes three lines, and a sync of its own for each costs more than they say. */
const SYNC_MILLISECONDS = 100;

/** The journal of a state folder. */
export function findJournal(folder: string): string {
  return join(folder, FILE);
}

/** Opens the journal of a state folder for one pass: JSON lines, appended and synced soon. Throws `APPLY_JOURNAL`. */
export async function openJournal(folder: string, clock: Clock): Promise<Journal> {
  const file = findJournal(folder);
  const handle = await wrap(file, async () => {
    await mkdir(folder, { recursive: true });
    return open(file, 'a+', 0o600);
  });
  const pass = `${clock.now().toISOString()}-${process.pid}`;
  let last: Promise<void> = endCutLine(file, handle);
  let waiting: string[] = [];
  let next: Promise<void> | null = null;
  const disk = syncSoon(() => wrap(file, () => handle.datasync()), clock);
  async function append(): Promise<void> {
    const lines = waiting.join('');
    waiting = [];
    next = null;
    disk.assertWhole();
    await wrap(file, () => handle.appendFile(lines));
    disk.note();
  }
  return {
    write(entry): Promise<void> {
      const record = { time: clock.now().toISOString(), pass, ...entry };
      waiting.push(`${JSON.stringify(record, redactValue)}\n`);
      next ??= last.then(append);
      last = next;
      return next;
    },
    async close(): Promise<void> {
      try {
        await last;
      } finally {
        await endOn(disk, handle);
      }
    },
  };
}

async function endOn(disk: LazySync, handle: FileHandle): Promise<void> {
  try {
    await disk.finish();
  } finally {
    await handle.close();
  }
}

interface LazySync {
  /** Throws what the last sync failed with. */
  readonly assertWhole: () => void;
  /** Something was written. */
  readonly note: () => void;
  /** Syncs what is not yet. */
  readonly finish: () => Promise<void>;
}

function syncSoon(sync: () => Promise<void>, clock: Clock): LazySync {
  const ending = new AbortController();
  let failure: { readonly reason: unknown } | null = null;
  let isDue = false;
  let last: Promise<void> = Promise.resolve();
  async function run(): Promise<void> {
    await sleepOrAbort(clock, SYNC_MILLISECONDS, ending.signal);
    // What is written from here on may come too late for this sync.
    isDue = false;
    await sync().catch((reason: unknown) => {
      failure ??= { reason };
    });
  }
  function assertWhole(): void {
    if (failure !== null) throw failure.reason;
  }
  return {
    assertWhole,
    note() {
      if (isDue) return;
      isDue = true;
      last = last.then(run);
    },
    async finish() {
      ending.abort();
      await last;
      assertWhole();
    },
  };
}

/**
 * Reads every whole record; a line that a kill cut off is left out. No journal has no records.
 *
 * @internal
 */
export async function readJournal(folder: string): Promise<readonly JournalRecord[]> {
  const file = findJournal(folder);
  const text = await readOrEmpty(file);
  return text.split('\n').flatMap((line) => parseRecord(line));
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw journalError(file, error);
  }
}

/** The record of one line; none for a line that a kill cut off. */
export function parseRecord(line: string): readonly JournalRecord[] {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? [value] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function isRecord(value: unknown): value is JournalRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'pass' in value &&
    'time' in value
  );
}

// A kill may have left half a line, which must not swallow the next one.
async function endCutLine(file: string, handle: FileHandle): Promise<void> {
  await wrap(file, async () => {
    const { size } = await handle.stat();
    if (size === 0) return;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] !== 0x0a) await handle.appendFile('\n');
  });
}

function redactValue(_: string, value: unknown): unknown {
  return typeof value === 'string' ? redactSecrets(value) : value;
}

async function wrap<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw journalError(file, error);
  }
}

export function journalError(file: string, cause: unknown): ToolError {
  return new ToolError(
    'APPLY_JOURNAL',
    `The journal ${file} cannot be used: ${messageOf(cause)}.`,
    {
      cause,
      hint: 'Make room, or give the state folder to the user who runs olmirror.',
    },
  );
}
