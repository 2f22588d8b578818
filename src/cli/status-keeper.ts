import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { compareBytes } from '../base/text.ts';
import { messageOf } from '../base/tool-error.ts';
import { type HistoryStore, openHistoryStore } from '../files/history-store.ts';
import { openStateFiles } from '../files/state-files.ts';
import type { PassRecord, PassSummary, ReconcilerStatus } from '../plan/history-types.ts';
import { isPassSummary, isReconcilerStatus } from '../plan/read-kept.ts';
import {
  awaitPass,
  beginPass,
  endPass,
  startStatus,
  stopStatus,
} from '../plan/reconciler-status.ts';
import { joinAlike, summarizePass } from '../plan/summarize-pass.ts';
import type { WatchEvent, WatchSink } from '../reconcile/watch-types.ts';

export interface KeeperOptions {
  readonly stateFolder: string;
  readonly clock: Clock;
  /** Told once of a disk that refuses; the loop goes on. */
  readonly warn: (message: string) => void;
}

const STATUS = 'reconciler.json';

/** Where passes of a state folder are kept. */
export function openHistory(stateFolder: string): HistoryStore {
  return openHistoryStore(join(stateFolder, 'history'));
}

/** Passes of a state folder, the newest first. */
export async function listPasses(stateFolder: string): Promise<readonly PassSummary[]> {
  const passes = (await openHistory(stateFolder).list()).filter(isPassSummary);
  // Ids of passes that began in one second do not tell which was the first.
  return passes.toSorted((a, b) => compareBytes(b.started, a.started));
}

/** What the reconciler of a state folder last said of itself; null where none ran, or the file cannot be read. */
export async function readKeptStatus(stateFolder: string): Promise<ReconcilerStatus | null> {
  try {
    const text = await openStateFiles(stateFolder).read(STATUS);
    const value: unknown = JSON.parse(text ?? 'null');
    return isReconcilerStatus(value) ? value : null;
  } catch {
    return null;
  }
}

export interface StatusKeeper extends WatchSink {
  readonly current: () => ReconcilerStatus;
}

/** Keeps what the reconciler says of itself, and every pass, in the state folder. */
export async function createStatusKeeper(options: KeeperOptions): Promise<StatusKeeper> {
  const { stateFolder, clock } = options;
  const keep = createPassKeeper(options);
  const write = createQueue(options);
  const files = openStateFiles(stateFolder);
  const { pid } = process;
  let status = startStatus(await readKeptStatus(stateFolder), {
    host: hostname(),
    pid,
    started: clock.now().toISOString(),
  });
  function save(): void {
    const text = JSON.stringify(status, null, 2);
    write.add(() => files.write(STATUS, `${text}\n`));
  }
  save();
  return {
    current: () => status,
    onPass() {},
    onWatch(event) {
      status = foldEvent(status, event, clock.now().toISOString());
      save();
      if (event.kind === 'pass-ended') write.add(() => keep(event.record));
    },
    close: () => write.drain(),
  };
}

function foldEvent(status: ReconcilerStatus, event: WatchEvent, time: string): ReconcilerStatus {
  switch (event.kind) {
    case 'pass-started':
      return beginPass(status, { reason: event.reason, revision: event.revision, time });
    case 'pass-ended':
      return endPass(status, event.record);
    case 'sleeping':
      return awaitPass(status, { time: event.until.toISOString(), why: event.why });
    case 'stopped':
      return stopStatus(status, time);
    // Said by the next pass too, in its record.
    case 'source-failed':
    case 'source-healed':
    case 'source-rewritten':
      return status;
  }
}

/** Keeps one pass that a command ran; a disk that refuses is told, and fails nothing. */
export async function keepPass(record: PassRecord, options: KeeperOptions): Promise<void> {
  const write = createQueue(options);
  write.add(() => createPassKeeper(options)(record));
  await write.drain();
}

// Passes that came to the same are one line, of which the first and the last are kept as a whole.
function createPassKeeper({ stateFolder }: KeeperOptions): (record: PassRecord) => Promise<void> {
  const store = openHistory(stateFolder);
  let last: PassSummary | null = null;
  return async (record) => {
    const own = summarizePass(record);
    const joined = last === null ? null : joinAlike(last, own);
    const drops = joined === null || last === null || last.lastId === last.id ? [] : [last.lastId];
    last = joined ?? own;
    await store.save({ id: last.id, wholeId: record.id, short: last, whole: record, drops });
  };
}

interface Queue {
  readonly add: (work: () => Promise<void>) => void;
  readonly drain: () => Promise<void>;
}

function createQueue({ stateFolder, warn }: KeeperOptions): Queue {
  let last: Promise<void> = Promise.resolve();
  let warned = false;
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      warned = false;
    } catch (error) {
      if (!warned)
        warn(
          `What became of passes cannot be kept in ${stateFolder}: ${messageOf(error)} Passes go on; \`olmirror status\` and \`history\` miss them until there is room.`,
        );
      warned = true;
    }
  }
  return {
    add(work) {
      last = last.then(() => attempt(work));
    },
    drain: () => last,
  };
}
