import { join } from 'node:path';
import { parseDigest } from '../base/digest.ts';
import type { Presence } from '../base/presence.ts';
import { createWriter, formatLine, isFresh, readLines } from './note-lines.ts';

/** Clear answers of registries, so that work that was cut off goes on where it was. */
export interface AnswerNotes {
  /** The answer to a question, by a text that stands for it; null where there is none of the last 24 hours. */
  recall(question: string): Presence | null;
  note(question: string, answer: Presence): void;
  flush(): Promise<void>;
  /** Lets all answers go: what they were for is done. */
  forget(): Promise<void>;
}

// What a kill may cost.
const AT_A_TIME = 50;

/** Reads the answers in a file. Nothing here throws for what the disk does: an answer that is lost is a question asked again. */
export async function openAnswerNotes(
  { folder, file }: { readonly folder: string; readonly file: string },
  now: () => Date,
): Promise<AnswerNotes> {
  const answers = new Map<string, Presence>();
  const write = createWriter(folder);
  for (const { text, time } of await readLines(join(folder, file))) {
    const [question, presence] = parse(text);
    if (isFresh(time, now()) && presence !== null) answers.set(question, presence);
  }
  let waiting: string[] = [];
  async function flush(): Promise<void> {
    if (waiting.length === 0) return;
    const lines = waiting.join('');
    waiting = [];
    await write(file, lines);
  }
  return {
    recall: (question) => answers.get(question) ?? null,
    note(question, answer) {
      if (answer.state === 'unknown' || answers.has(question)) return;
      answers.set(question, answer);
      const text = JSON.stringify({ question, ...answer });
      waiting.push(formatLine({ text, time: now().toISOString() }));
      if (waiting.length >= AT_A_TIME) void flush();
    },
    flush,
    async forget() {
      waiting = [];
      answers.clear();
      await write(file, null);
    },
  };
}

function parse(text: string): readonly [question: string, presence: Presence | null] {
  const value: unknown = JSON.parse(text);
  const [question, state, digest, mediaType, size]: readonly unknown[] = [
    'question',
    'state',
    'digest',
    'mediaType',
    'size',
  ].map((name) => Reflect.get(Object(value), name));
  if (typeof question !== 'string') return ['', null];
  if (state === 'absent') return [question, { state }];
  if (state !== 'present' || typeof digest !== 'string' || typeof mediaType !== 'string')
    return [question, null];
  return [
    question,
    { state, digest: parseDigest(digest), mediaType, size: typeof size === 'number' ? size : null },
  ];
}
