import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareBytes } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { toReadError } from './read-failure.ts';
import { readFile } from './read-file.ts';

export interface FolderFile {
  /** Relative to the folder, `/`-separated. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads every regular file below a folder as opm walks it (spec "file-based catalogs" §1.1): byte
 * order of names, dot files included, a link to a file followed. A link to a folder, a socket or a
 * pipe throws `FILES_UNREADABLE`.
 */
export async function* readFolder(path: string): AsyncIterable<FolderFile> {
  yield* walk(path, '');
}

async function* walk(root: string, folder: string): AsyncIterable<FolderFile> {
  for (const entry of await listEntries(join(root, folder))) {
    const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      yield* walk(root, relative);
    } else {
      const path = join(root, relative);
      await assertFile(entry, path);
      yield { path: relative, bytes: await readFile(path) };
    }
  }
}

async function listEntries(path: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.toSorted((a, b) => compareBytes(a.name, b.name));
  } catch (error) {
    throw toReadError(error, path);
  }
}

async function assertFile(entry: Dirent, path: string): Promise<void> {
  if (entry.isFile()) return;
  const target = entry.isSymbolicLink() ? await stat(path).catch(() => null) : null;
  if (target?.isFile() === true) return;
  const kind = target?.isDirectory() === true ? 'a link to a folder' : 'no regular file';
  const what = entry.isSymbolicLink() && target === null ? 'a link to nothing' : kind;
  throw new ToolError('FILES_UNREADABLE', `${path} is ${what}, which a catalog must not hold.`, {
    hint: 'Remove it, or put the files it stands for in its place.',
  });
}
