import { Buffer } from 'node:buffer';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isToolError } from '../base/tool-error.ts';
import { toReadError } from './read-failure.ts';
import { readFile } from './read-file.ts';
import { removeFile, writeFileAtomic } from './write-atomic.ts';

/** Small texts by name in one folder, which several processes write and read. */
export interface StateFiles {
  /** Null where there is none. Throws `FILES_UNREADABLE`. */
  read(name: string): Promise<string | null>;
  /** A reader sees the old text or the new, never a part. Throws `FILES_UNWRITABLE`. */
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Names of the files in a folder of it, in no order. */
  list(folder: string): Promise<readonly string[]>;
  /** Calls back soon after a file of these folders, which are made, was changed. The returned function stops it. */
  watch(folders: readonly string[], onChange: () => void): Promise<() => void>;
}

/** Looks as often where the system gives no notice: too many watches, or a filesystem that has none. */
const POLL_MILLISECONDS = 2_000;

export function openStateFiles(root: string): StateFiles {
  return {
    async read(name) {
      try {
        return Buffer.from(await readFile(join(root, name))).toString();
      } catch (error) {
        if (isToolError(error, 'FILES_NOT_FOUND')) return null;
        throw error;
      }
    },
    write: (name, text) => writeFileAtomic(join(root, name), text),
    remove: (name) => removeFile(join(root, name)),
    list: (folder) => listNames(join(root, folder)),
    async watch(folders, onChange) {
      const paths = folders.map((folder) => join(root, folder));
      for (const path of paths) await makeFolder(path);
      const stops = paths.map((path) => watchFolder(path, onChange));
      return () => stops.forEach((stop) => stop());
    },
  };
}

// What is being written has a name that begins with a dot.
async function listNames(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.startsWith('.'));
  } catch (error) {
    const fault = toReadError(error, path);
    if (fault.code === 'FILES_NOT_FOUND') return [];
    throw fault;
  }
}

// Where it cannot be made yet, it is looked for again and again; what is wrong with it is told by whoever writes there.
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch {
    return;
  }
}

function watchFolder(path: string, onChange: () => void): () => void {
  let timer: ReturnType<typeof setInterval> | null = null;
  function poll(): void {
    timer ??= setInterval(onChange, POLL_MILLISECONDS).unref();
  }
  const watcher = openWatcher(path, onChange, poll);
  return () => {
    watcher?.close();
    if (timer !== null) clearInterval(timer);
  };
}

function openWatcher(path: string, onChange: () => void, poll: () => void): FSWatcher | null {
  try {
    const watcher = watch(path, { persistent: false }, (_event, name) => {
      if (name === null || !name.startsWith('.')) onChange();
    });
    watcher.on('error', poll);
    return watcher;
  } catch {
    poll();
    return null;
  }
}
