import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { writeFileAtomic } from './write-atomic.ts';

/** Keeps JSON documents of passes: a short one and a whole one for each, by an id that sorts by time. */
export interface HistoryStore {
  /** Writes both; removes the whole ones that `drops` names, and what is older than the newest that are kept. Throws `FILES_UNWRITABLE`. */
  save(entry: HistoryEntry): Promise<void>;
  /** Short documents, the newest first; those that cannot be read are left out. */
  list(): Promise<readonly unknown[]>;
  /** A whole document; null where there is none of this id. Throws `FILES_UNREADABLE` for a damaged one. */
  read(id: string): Promise<unknown>;
}

export interface HistoryEntry {
  /** Names the short document; one of this id is replaced. */
  readonly id: string;
  /** Names the whole document. */
  readonly wholeId: string;
  readonly short: object;
  readonly whole: object;
  /** Ids of whole documents that are needed no more. */
  readonly drops: readonly string[];
}

const SHORT = '.json';
const WHOLE = '.json.gz';
const ID = /^[0-9A-Za-z-]+$/;
const pack = promisify(gzip);
const unpack = promisify(gunzip);

export function openHistoryStore(folder: string, mostKept = 500): HistoryStore {
  return {
    async save({ id, wholeId, short, whole, drops }) {
      await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {});
      const bytes = await pack(JSON.stringify(whole));
      await writeFileAtomic(join(folder, wholeId + WHOLE), bytes);
      await writeFileAtomic(join(folder, id + SHORT), JSON.stringify(short));
      for (const drop of drops) await rm(join(folder, drop + WHOLE), { force: true });
      await removeOldest(folder, mostKept);
    },
    async list() {
      const ids = await listIds(folder);
      const documents = await Promise.all(ids.toReversed().map((id) => readShort(folder, id)));
      return documents.filter((document) => document !== null);
    },
    async read(id) {
      if (!ID.test(id)) return null;
      const file = join(folder, id + WHOLE);
      try {
        const value: unknown = JSON.parse((await unpack(await readFile(file))).toString());
        return value;
      } catch (error) {
        if (isMissing(error)) return null;
        throw new ToolError('FILES_UNREADABLE', `${file} cannot be read: ${messageOf(error)}.`, {
          cause: error,
          hint: 'Its line in `olmirror history` is all that is left of that pass.',
        });
      }
    },
  };
}

async function listIds(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const ids = names.filter((name) => name.endsWith(SHORT) && !name.startsWith('.'));
  return ids.map((name) => name.slice(0, -SHORT.length)).toSorted();
}

async function readShort(folder: string, id: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, id + SHORT), 'utf8'));
  } catch {
    return null;
  }
}

// A short document may name a whole one of a later pass, so a whole one goes when it is older than every short one.
async function removeOldest(folder: string, mostKept: number): Promise<void> {
  const ids = await listIds(folder);
  const first = ids.at(-mostKept);
  if (first === undefined || ids.length <= mostKept) return;
  const names = await readdir(folder);
  // What a killed write left begins with a dot.
  const old = names.filter((name) => name.replace(/^\./, '') < first);
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
