import { join } from 'node:path';
import type { PassNotes, ProvedImage } from '../base/pass-notes.ts';
import { createWriter, formatLine, isFresh, readLines } from './note-lines.ts';

const PROVED = 'proved.jsonl';
const OWED = 'owed.jsonl';

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

function formatFact({ scope, image }: ProvedImage): string {
  return `${scope} ${image}`;
}
