import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { compareBytes } from '../base/text.ts';
import type { ExplainedStep } from '../plan/explain-types.ts';
import { findJournal, type JournalRecord, journalError, parseRecord } from './journal.ts';
import { listShardFolders } from './shard-folders.ts';

/** A step that a pass wrote down. */
export interface NotedStep {
  readonly step: ExplainedStep;
  /** Those of the names asked for that it goes by: its id, its title, or an item that it settled. */
  readonly names: readonly string[];
}

/**
 * Reads what the passes of a state folder wrote down of steps that go by one of these names, newest
 * first, those that a kill cut off included. The journal is read line by line, since nobody shortens
 * it. Throws `APPLY_JOURNAL` where it cannot be read; no journal has no steps.
 */
export async function readSteps(
  folder: string,
  names: ReadonlySet<string>,
): Promise<readonly NotedStep[]> {
  const found: NotedStep[] = [];
  for (const each of [folder, ...(await listShardFolders(folder))])
    found.push(...(await readJournalSteps(each, names)));
  return found.toSorted((a, b) => compareBytes(b.step.time, a.step.time));
}

async function readJournalSteps(
  folder: string,
  names: ReadonlySet<string>,
): Promise<readonly NotedStep[]> {
  const found: NotedStep[] = [];
  let pass = openPass('', names);
  for await (const record of readRecords(findJournal(folder))) {
    if (record.pass !== pass.id) {
      found.push(...closePass(pass));
      pass = openPass(record.pass, names);
    }
    note(pass, record);
  }
  return [...found, ...closePass(pass)].toReversed();
}

async function* readRecords(file: string): AsyncIterable<JournalRecord> {
  try {
    const input = createReadStream(file, 'utf8');
    for await (const line of createInterface({ input })) yield* parseRecord(line);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      throw journalError(file, error);
  }
}

interface OpenPass {
  readonly id: string;
  revision: string | null;
  readonly asked: ReadonlySet<string>;
  readonly steps: Map<string, { step: ExplainedStep; readonly names: Set<string> }>;
}

function openPass(id: string, asked: ReadonlySet<string>): OpenPass {
  return { id, revision: null, asked, steps: new Map() };
}

function closePass({ steps, revision }: OpenPass): readonly NotedStep[] {
  return [...steps.values()].flatMap(({ step, names }) =>
    names.size === 0 ? [] : [{ step: { ...step, revision }, names: [...names] }],
  );
}

function note(pass: OpenPass, record: JournalRecord): void {
  switch (record.kind) {
    case 'pass-started':
      pass.revision = record.revision;
      return;
    case 'step-started':
      noteNames(pass, record, [record.step, record.title]);
      return;
    case 'outcome':
      noteNames(pass, record, [record.outcome.item]);
      return;
    case 'step-finished': {
      const { result, code, message } = record;
      const noted = noteNames(pass, record, []);
      noted.step = { ...noted.step, result, code, message };
      return;
    }
    case 'pass-finished':
  }
}

function noteNames(
  pass: OpenPass,
  { step: id, time }: { readonly step: string; readonly time: string },
  names: readonly string[],
): { step: ExplainedStep; readonly names: Set<string> } {
  const unfinished = { result: null, code: null, message: null };
  const noted = pass.steps.get(id) ?? {
    step: { pass: pass.id, time, revision: null, step: id, ...unfinished },
    names: new Set<string>(),
  };
  pass.steps.set(id, noted);
  for (const name of names) if (pass.asked.has(name)) noted.names.add(name);
  return noted;
}
