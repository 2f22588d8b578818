import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
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
  /** It stands elsewhere, and a link leads there. */
  readonly link: boolean;
  /** Why it cannot be read: a link to a folder or to nothing, a pipe, a device, a locked folder. */
  readonly fault: ToolError | null;
}

/**
 * Lists every file below a folder as opm walks it (spec "file-based catalogs" §1.1): byte order of
 * names, dot files included, a link to a file followed. Nothing is opened but folders. Throws
 * `FILES_NOT_FOUND` or `FILES_UNREADABLE` for the folder itself.
 */
export async function listFolder(path: string): Promise<readonly FolderEntry[]> {
  const entries = readEntries(path).flatMap((entry) => listEntry(path, '', entry));
  return Promise.resolve(entries);
}

// Not asynchronous: waiting for hundreds of answers, each of microseconds, takes ten times as long.
function listEntry(root: string, folder: string, entry: Dirent): readonly FolderEntry[] {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  const location = join(root, path);
  if (!entry.isDirectory()) return [describeEntry(path, location, entry)];
  try {
    return readEntries(location).flatMap((below) => listEntry(root, path, below));
  } catch (error) {
    if (!isToolError(error)) throw error;
    return [{ path, location, size: 0, link: false, fault: blameName(error, path) }];
  }
}

function readEntries(path: string): readonly Dirent[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.toSorted((a, b) => compareBytes(a.name, b.name));
  } catch (error) {
    throw toReadError(error, path);
  }
}

function describeEntry(path: string, location: string, entry: Dirent): FolderEntry {
  const link = entry.isSymbolicLink();
  try {
    const target = statSync(location);
    if (target.isFile()) return { path, location, size: target.size, link, fault: null };
    const fault = refuse(location, nameKind(target, link));
    return { path, location, size: 0, link, fault };
  } catch (error) {
    const fault = describeMissing(error, location, link);
    return { path, location, size: 0, link, fault: blameName(fault, path) };
  }
}

function describeMissing(error: unknown, location: string, link: boolean): ToolError {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (link && code === 'ELOOP') return refuse(location, 'a link that leads back to itself');
  if (link && (code === 'ENOENT' || code === 'ENOTDIR'))
    return refuse(location, 'a link to nothing');
  return toReadError(error, location);
}

function refuse(location: string, kind: string): ToolError {
  return new ToolError(
    'FILES_UNREADABLE',
    `${location} is ${kind}, which a catalog must not hold.`,
    { hint: 'Remove it, or put the files it stands for in its place.' },
  );
}

function nameKind(target: Stats, isLink: boolean): string {
  const link = isLink ? 'a link to ' : '';
  if (target.isDirectory()) return `${link}a folder`;
  if (target.isFIFO()) return `${link}a pipe`;
  if (target.isSocket()) return `${link}a socket`;
  return `${link}a device`;
}

// Bytes of a name that are no UTF-8 come as U+FFFD, and nothing has that name.
function blameName(fault: ToolError, path: string): ToolError {
  if (fault.code !== 'FILES_NOT_FOUND' || !path.includes('\uFFFD')) return fault;
  return new ToolError('FILES_UNREADABLE', `The name ${path} is not UTF-8.`, {
    hint: 'Rename it.',
    cause: fault,
  });
}
