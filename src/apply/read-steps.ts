import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ExplainedStep } from '../plan/explain-types.ts';
import { findJournal, type JournalRecord, journalError, parseRecord } from './journal.ts';

/**
 * Reads what the passes of a state folder did with some items (or steps), newest first. The journal
 * is read line by line, since nobody shortens it. Throws `APPLY_JOURNAL` where it cannot be read.
 */
export async function readSteps(
  folder: string,
  names: ReadonlySet<string>,
): Promise<readonly ExplainedStep[]> {
  const found: ExplainedStep[] = [];
  let pass = openPass('');
  const file = findJournal(folder);
  try {
    for await (const line of createInterface({ input: createReadStream(file, 'utf8') }))
      for (const record of parseRecord(line)) {
        if (record.pass !== pass.id) {
          found.push(...closePass(pass));
          pass = openPass(record.pass);
        }
        note(pass, record, names);
      }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      throw journalError(file, error);
  }
  return [...found, ...closePass(pass)].toReversed();
}

interface OpenPass {
  readonly id: string;
  revision: string | null;
  readonly steps: Map<string, ExplainedStep>;
  /** Steps that are about one of the names. */
  readonly meant: Set<string>;
}

function openPass(id: string): OpenPass {
  return { id, revision: null, steps: new Map(), meant: new Set() };
}

function closePass({ steps, meant, revision }: OpenPass): readonly ExplainedStep[] {
  return [...steps.values()]
    .filter(({ step }) => meant.has(step))
    .map((step) => ({ ...step, revision }));
}

function note(pass: OpenPass, record: JournalRecord, names: ReadonlySet<string>): void {
  switch (record.kind) {
    case 'pass-started':
      pass.revision = record.revision;
      return;
    case 'step-started':
      noteStep(pass, record, names);
      return;
    case 'outcome':
      if (names.has(record.outcome.item)) pass.meant.add(record.step);
      return;
    case 'step-finished': {
      const { result, code, message } = record;
      const begun = pass.steps.get(record.step) ?? noteStep(pass, record, names);
      pass.steps.set(record.step, { ...begun, result, code, message });
      return;
    }
    default:
  }
}

function noteStep(
  pass: OpenPass,
  { step, time }: { readonly step: string; readonly time: string },
  names: ReadonlySet<string>,
): ExplainedStep {
  if (names.has(step)) pass.meant.add(step);
  const begun = {
    pass: pass.id,
    time,
    revision: null,
    step,
    result: null,
    code: null,
    message: null,
  };
  pass.steps.set(step, begun);
  return begun;
}
