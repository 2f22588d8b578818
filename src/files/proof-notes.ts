import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDigest } from '../base/digest.ts';
import type { ProofNotes, SeenImage } from '../base/proof-notes.ts';
import { formatLine, type Line, readLines } from './note-lines.ts';
import { writeFileAtomic } from './write-atomic.ts';

const FILE = 'seen.jsonl';
/** Lines beyond twice as many as there are images: then the file is written anew. */
const SPARE_LINES = 1_000;

interface State {
  readonly folder: string;
  readonly seen: Map<string, SeenImage>;
  /** Facts that changed since they were written down. */
  readonly changed: Set<string>;
  /** Of the file. */
  lines: number;
}

/**
 * Reads when the images of a mirror were last seen out of a state folder. Nothing here throws for what
 * the disk does. A line counts with its checksum only; where a withdrawn note cannot be written down, the file
 * goes, since it would vouch for what is gone.
 */
export async function openProofNotes(folder: string): Promise<ProofNotes> {
  const lines = await readLines(join(folder, FILE));
  const seen = new Map<string, SeenImage>();
  for (const line of lines) {
    const [fact, value] = parseNote(line);
    if (value === null) seen.delete(fact);
    else seen.set(fact, value);
  }
  const state: State = { folder, seen, changed: new Set(), lines: lines.length };
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
    if (state.lines + changed.size > 2 * seen.size + SPARE_LINES) {
      const all = [...seen].map(([fact, value]) => formatNote(fact, value, time));
      await writeFileAtomic(path, all.join(''));
      state.lines = all.length;
    } else {
      const lines = [...changed].map((fact) => formatNote(fact, seen.get(fact) ?? null, time));
      await append(folder, path, `\n${lines.join('')}`);
      state.lines += lines.length;
    }
    changed.clear();
  } catch {
    // What changed stays to be written by the next pass; until then nothing in the file may vouch for what is gone.
    await rm(path, { force: true }).catch(() => undefined);
    for (const fact of seen.keys()) changed.add(fact);
    state.lines = 0;
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

function formatNote(fact: string, seen: SeenImage | null, time: string): string {
  const value =
    seen === null
      ? [fact]
      : [
          fact,
          seen.at,
          seen.deepAt,
          seen.digest,
          seen.mediaType,
          seen.size,
          seen.referrers ? 1 : 0,
        ];
  return formatLine({ text: JSON.stringify(value), time });
}

// Its checksum says that we wrote the line.
function parseNote({ text }: Line): readonly [fact: string, seen: SeenImage | null] {
  const value: readonly unknown[] = JSON.parse(text);
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
