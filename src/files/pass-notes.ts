import { hash } from 'node:crypto';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassNotes, ProvedImage } from '../base/pass-notes.ts';

const PROVED = 'proved.jsonl';
const OWED = 'owed.jsonl';
const LONGEST_TRUST = 86_400_000;

/**
 * Reads the notes of a state folder. Nothing here throws for what the disk does: a note that is lost is
 * a question asked again. A line is trusted for a day, and only with its checksum.
 */
export async function openPassNotes(folder: string, now: () => Date): Promise<PassNotes> {
  const proved = new Set<string>();
  const owed = new Set<string>();
  const write = createWriter(folder);
  for (const line of await readLines(join(folder, PROVED)))
    if (isFresh(line.time, now())) proved.add(line.text);
  for (const { text } of await readLines(join(folder, OWED)))
    if (text.startsWith('owe ')) owed.add(text.slice('owe '.length));
    else owed.delete(text.slice('pay '.length));
  function append(file: string, text: string): Promise<void> {
    return write(file, formatLine({ text, time: now().toISOString() }));
  }
  return {
    isProved: (fact) => proved.has(formatFact(fact)),
    noteProved(fact) {
      const text = formatFact(fact);
      if (proved.has(text)) return;
      proved.add(text);
      void append(PROVED, text);
    },
    owes: (upstream) => owed.has(upstream),
    async owe(upstream) {
      if (owed.has(upstream)) return;
      owed.add(upstream);
      await append(OWED, `owe ${upstream}`);
    },
    async pay(upstream) {
      if (owed.delete(upstream)) await append(OWED, `pay ${upstream}`);
    },
    async forgetProved() {
      proved.clear();
      await write(PROVED, null);
    },
  };
}

interface Line {
  readonly text: string;
  /** ISO 8601. */
  readonly time: string;
}

function formatFact({ scope, image }: ProvedImage): string {
  return `${scope} ${image}`;
}

function formatLine({ text, time }: Line): string {
  return `${JSON.stringify({ time, text, sum: sumOf({ text, time }) })}\n`;
}

function sumOf({ text, time }: Line): string {
  return hash('sha256', `${time} ${text}`).slice(0, 16);
}

function isFresh(time: string, now: Date): boolean {
  const age = now.getTime() - Date.parse(time);
  return age >= 0 && age < LONGEST_TRUST;
}

async function readLines(file: string): Promise<readonly Line[]> {
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

// One write after the other; null empties the file. A line that a kill cut off ends with the next one.
function createWriter(folder: string): (file: string, line: string | null) => Promise<void> {
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
