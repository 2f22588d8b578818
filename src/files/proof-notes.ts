import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDigest } from '../base/digest.ts';
import type { ProofNotes, SeenImage } from '../base/proof-notes.ts';
import { formatLine, type Line, readLines } from './note-lines.ts';
import { writeFileAtomic } from './write-atomic.ts';

const FILE = 'seen.jsonl';
/** Notes beyond twice as many as there are images: then the file is written anew. */
const SPARE_NOTES = 1_000;

/** Notes of one line, which has one checksum: many are read in a third of the time. */
const PER_LINE = 1_000;

interface State {
  readonly folder: string;
  readonly seen: Map<string, SeenImage>;
  /** Facts that changed since they were written down. */
  readonly changed: Set<string>;
  /** Notes in the file. */
  written: number;
}

/**
 * Reads when the images of a mirror were last seen out of a state folder. Nothing here throws for what
 * the disk does. A line counts with its checksum only; where a withdrawn note cannot be written down, the file
 * goes, since it would vouch for what is gone.
 */
export async function openProofNotes(folder: string): Promise<ProofNotes> {
  const notes = (await readLines(join(folder, FILE))).flatMap(parseNotes);
  const seen = new Map<string, SeenImage>();
  for (const [fact, value] of notes) {
    if (value === null) seen.delete(fact);
    else seen.set(fact, value);
  }
  const state: State = { folder, seen, changed: new Set(), written: notes.length };
  let last: Promise<void> = Promise.resolve();
  return {
    recall: (fact) => seen.get(fact) ?? null,
    note(fact, value) {
      seen.set(fact, value);
      state.changed.add(fact);
    },
    forget(fact) {
      if (seen.delete(fact)) state.changed.add(fact);
    },
    keep(since) {
      for (const [fact, { at }] of seen) if (at < since) seen.delete(fact);
      last = last.then(() => writeDown(state));
      return last;
    },
  };
}

async function writeDown(state: State): Promise<void> {
  const { folder, seen, changed } = state;
  if (changed.size === 0) return;
  const path = join(folder, FILE);
  const time = new Date().toISOString();
  try {
    if (state.written + changed.size > 2 * seen.size + SPARE_NOTES) {
      await writeFileAtomic(path, formatNotes([...seen], time));
      state.written = seen.size;
    } else {
      const notes = [...changed].map((fact) => [fact, seen.get(fact) ?? null] as const);
      await append(folder, path, `\n${formatNotes(notes, time)}`);
      state.written += notes.length;
    }
    changed.clear();
  } catch {
    // What changed stays to be written by the next pass; until then nothing in the file may vouch for what is gone.
    await rm(path, { force: true }).catch(() => undefined);
    for (const fact of seen.keys()) changed.add(fact);
    state.written = 0;
  }
}

async function append(folder: string, path: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = await open(path, 'a', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

type Note = readonly [fact: string, seen: SeenImage | null];

function formatNotes(notes: readonly Note[], time: string): string {
  const lines: string[] = [];
  for (let start = 0; start < notes.length; start += PER_LINE) {
    const values = notes.slice(start, start + PER_LINE).map(formatNote);
    lines.push(formatLine({ text: JSON.stringify(values), time }));
  }
  return lines.join('');
}

function formatNote([fact, seen]: Note): readonly unknown[] {
  if (seen === null) return [fact];
  const { at, deepAt, digest, mediaType, size, referrers } = seen;
  return [fact, at, deepAt, digest, mediaType, size, referrers ? 1 : 0];
}

// Its checksum says that we wrote the line. One that another version wrote has a note where this one has several.
function parseNotes({ text }: Line): readonly Note[] {
  const values: readonly unknown[] = JSON.parse(text);
  return values.flatMap((value) => (Array.isArray(value) ? [parseNote(value)] : []));
}

function parseNote(value: readonly unknown[]): Note {
  const [fact, at, deepAt, digest, mediaType, size, referrers] = value;
  if (typeof at !== 'number' || typeof digest !== 'string') return [String(fact), null];
  return [
    String(fact),
    {
      at,
      deepAt: typeof deepAt === 'number' ? deepAt : null,
      digest: parseDigest(digest),
      mediaType: String(mediaType),
      size: typeof size === 'number' ? size : null,
      referrers: referrers === 1,
    },
  ];
}
