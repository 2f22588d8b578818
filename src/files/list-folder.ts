import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareBytes } from '../base/text.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { toReadError } from './read-failure.ts';

/** One file of a folder, not read yet. */
export interface FolderEntry {
  /** Relative to the folder, `/`-separated. */
  readonly path: string;
  /** Absolute, or relative to the working folder as the folder was. */
  readonly location: string;
  /** Bytes. */
  readonly size: number;
  /** Why it cannot be read: a link to a folder or to nothing, a pipe, a device, a locked folder. */
  readonly fault: ToolError | null;
}

/**
 * Lists every file below a folder as opm walks it (spec "file-based catalogs" §1.1): byte order of
 * names, dot files included, a link to a file followed. Nothing is opened but folders. Throws
 * `FILES_NOT_FOUND` or `FILES_UNREADABLE` for the folder itself.
 */
export async function listFolder(path: string): Promise<readonly FolderEntry[]> {
  const entries: FolderEntry[] = [];
  for (const entry of await readEntries(path)) entries.push(...(await listEntry(path, '', entry)));
  return entries;
}

async function listEntry(
  root: string,
  folder: string,
  entry: Dirent,
): Promise<readonly FolderEntry[]> {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  const location = join(root, path);
  if (!entry.isDirectory()) return [await describeEntry(path, location, entry)];
  try {
    const found: FolderEntry[] = [];
    for (const below of await readEntries(location))
      found.push(...(await listEntry(root, path, below)));
    return found;
  } catch (error) {
    if (!isToolError(error)) throw error;
    return [{ path, location, size: 0, fault: error }];
  }
}

async function readEntries(path: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.toSorted((a, b) => compareBytes(a.name, b.name));
  } catch (error) {
    throw toReadError(error, path);
  }
}

async function describeEntry(path: string, location: string, entry: Dirent): Promise<FolderEntry> {
  const target = await stat(location).catch(() => null);
  if (target?.isFile() === true) return { path, location, size: target.size, fault: null };
  const fault = new ToolError(
    'FILES_UNREADABLE',
    `${location} is ${nameKind(entry, target)}, which a catalog must not hold.`,
    { hint: 'Remove it, or put the files it stands for in its place.' },
  );
  return { path, location, size: 0, fault };
}

function nameKind(entry: Dirent, target: Stats | null): string {
  if (target === null)
    return entry.isSymbolicLink() ? 'a link to nothing' : 'gone since it was listed';
  const link = entry.isSymbolicLink() ? 'a link to ' : '';
  if (target.isDirectory()) return `${link}a folder`;
  if (target.isFIFO()) return `${link}a pipe`;
  if (target.isSocket()) return `${link}a socket`;
  return `${link}a device`;
}
