import { hash } from 'node:crypto';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const LONGEST_TRUST = 86_400_000;

/** A note: lost where the disk does something else than it should, never another. */
export interface Line {
  readonly text: string;
  /** ISO 8601. */
  readonly time: string;
}

export function formatLine({ text, time }: Line): string {
  return `${JSON.stringify({ time, text, sum: sumOf({ text, time }) })}\n`;
}

function sumOf({ text, time }: Line): string {
  return hash('sha256', `${time} ${text}`).slice(0, 16);
}

/** Whether a note is of the last 24 hours. */
export function isFresh(time: string, now: Date): boolean {
  const age = now.getTime() - Date.parse(time);
  return age >= 0 && age < LONGEST_TRUST;
}

/** The lines of a file that are whole; none where it cannot be read. */
export async function readLines(file: string): Promise<readonly Line[]> {
  const text = (await attempt(() => readFile(file, 'utf8'))) ?? '';
  return text.split('\n').flatMap(parseLine);
}

function parseLine(line: string): readonly Line[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  const [text, time, sum]: readonly unknown[] = ['text', 'time', 'sum'].map((name) =>
    Reflect.get(Object(value), name),
  );
  if (typeof text !== 'string' || typeof time !== 'string') return [];
  return sum === sumOf({ text, time }) ? [{ text, time }] : [];
}

/** Writes lines into files of a folder, one after the other; null empties a file. A line that a kill cut off ends with the next one. */
export function createWriter(folder: string): (file: string, line: string | null) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return async (file, line) => {
    const path = join(folder, file);
    const work = last.then(() =>
      attempt(async () => {
        if (line === null) await rm(path, { force: true });
        else {
          await mkdir(folder, { recursive: true });
          await appendFile(path, `\n${line}`, { mode: 0o600 });
        }
      }),
    );
    last = work;
    await work;
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch {
    return null;
  }
}
