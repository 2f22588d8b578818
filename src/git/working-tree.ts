import { createHash } from 'node:crypto';
import {
  closeSync,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareBytes } from '../base/text.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import type { LocatedFile, Snapshot, TreeFile } from './port.ts';
import { cleanPath, selectSubmodules } from './tree-path.ts';

export interface WorkingTreeOptions {
  /** The repository's object format. */
  readonly algorithm: string;
  /** Paths of submodules as the repository's index has them: one that is not checked out is an empty folder. */
  readonly listSubmodules: () => Promise<readonly string[]>;
}

/**
 * The files as they lie, ignored ones included, without `.git` and other repositories within. A file that changes while it is looked at is
 * given with the object id of the bytes that were read.
 */
export function openWorkingTreeSnapshot(
  folder: string,
  { algorithm, listSubmodules }: WorkingTreeOptions,
): Snapshot {
  const known = new Map<string, HashedFile>();
  async function readTreeFile(
    path: string,
  ): Promise<{ readonly file: TreeFile; readonly bytes: Uint8Array }> {
    const location = join(folder, path);
    const before = await readStamp(location);
    const bytes = readWorkingFile(location);
    const earlier = known.get(path);
    if (earlier !== undefined && earlier.stamp === before && before === (await readStamp(location)))
      return { file: earlier.file, bytes };
    const file = { path, objectId: hashBlob(bytes, algorithm) };
    known.set(path, { file, stamp: before });
    return { file, bytes };
  }
  async function listFiles(path: string): Promise<readonly TreeFile[]> {
    const files: TreeFile[] = [];
    const hashing = { algorithm, scratch: Buffer.allocUnsafe(SCRATCH) };
    for (const found of await listPaths(folder, cleanPath(path))) {
      const location = join(folder, found);
      const stamp = await readStamp(location);
      const file = { path: found, objectId: hashFile(location, hashing) };
      known.set(found, { file, stamp });
      files.push(file);
    }
    return files;
  }
  async function* readFiles(
    files: readonly TreeFile[],
  ): AsyncGenerator<{ readonly file: TreeFile; readonly bytes: Uint8Array }> {
    for (const { path } of files) yield await readTreeFile(path);
  }
  async function readFile(path: string): Promise<Uint8Array | null> {
    const paths = await listPaths(folder, cleanPath(path));
    if (!paths.includes(cleanPath(path))) return null;
    return readWorkingFile(join(folder, path));
  }
  return {
    revision: 'working-tree',
    subject: '',
    time: null,
    listFiles,
    locateFiles: (path) => locateFiles(folder, path),
    readFiles,
    readFile,
    listSubmodules: async (path) =>
      selectSubmodules(
        [...(await listSubmodules()), ...(await findRepositories(folder, path))],
        path,
      ),
  };
}

async function locateFiles(folder: string, path: string): Promise<readonly LocatedFile[]> {
  const paths = await listPaths(folder, cleanPath(path));
  return paths.map((found) => {
    const location = join(folder, found);
    return { path: found, size: readSize(location), content: location };
  });
}

/** A file whose object id was computed, and what tells whether it changed since, as Git's index has it. */
interface HashedFile {
  readonly file: TreeFile;
  readonly stamp: string;
}

async function readStamp(path: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, ino, size } = await lstat(path, { bigint: true });
    return [mtimeNs, ctimeNs, ino, size].join(' ');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function readSize(path: string): number {
  try {
    return lstatSync(path).size;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Bytes in memory while a file is hashed; those of a whole catalog would stay there for long. */
const SCRATCH = 1_000_000;

interface Hashing {
  readonly algorithm: string;
  readonly scratch: Buffer;
}

function hashFile(path: string, hashing: Hashing): string {
  try {
    return hashDescriptor(openSync(path, 'r'), hashing);
  } catch (error) {
    throw unreadable(path, error);
  }
}

// A file that grows meanwhile gets a wrong id, and another stamp, by which its readers notice.
function hashDescriptor(file: number, { algorithm, scratch }: Hashing): string {
  try {
    const hash = createHash(algorithm).update(`blob ${fstatSync(file).size}\0`);
    for (let read = readSync(file, scratch); read > 0; read = readSync(file, scratch))
      hash.update(scratch.subarray(0, read));
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

function hashBlob(bytes: Uint8Array, algorithm: string): string {
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

async function listPaths(folder: string, path: string): Promise<readonly string[]> {
  const kind = await readKind(join(folder, path));
  if (kind === 'file') return [path];
  const paths = kind === 'folder' ? await walk(folder, path) : [];
  return paths.toSorted(compareBytes);
}

async function walk(folder: string, path: string): Promise<readonly string[]> {
  const entries = await readFolder(join(folder, path));
  if (path !== '' && entries.some((entry) => entry.name === '.git')) return [];
  const found = entries
    .filter((entry) => entry.name !== '.git')
    .map((entry) => walkEntry(folder, path, entry));
  return (await Promise.all(found)).flat();
}

/** Other repositories at, below or above a path. */
async function findRepositories(folder: string, at: string): Promise<readonly string[]> {
  const path = cleanPath(at);
  const parts = path === '' ? [] : path.split('/');
  for (const end of parts.keys()) {
    const above = parts.slice(0, end + 1).join('/');
    if ((await readOr('none', () => readKind(join(folder, above, '.git')))) !== 'none')
      return [above];
  }
  if ((await readOr('none', () => readKind(join(folder, path)))) !== 'folder') return [];
  const entries = await readOr([], () => readFolder(join(folder, path)));
  const below = entries
    .filter((entry) => entry.isDirectory() && entry.name !== '.git')
    .map((entry) => findRepositories(folder, path === '' ? entry.name : `${path}/${entry.name}`));
  return (await Promise.all(below)).flat();
}

// What cannot be read is told by whoever reads the files there.
async function readOr<T>(otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isToolError(error)) throw error;
    return otherwise;
  }
}

async function readFolder(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function walkEntry(
  folder: string,
  parent: string,
  entry: Dirent,
): Promise<readonly string[]> {
  const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
  if (entry.isDirectory()) return walk(folder, path);
  return entry.isFile() ? [path] : [];
}

async function readKind(path: string): Promise<'file' | 'folder' | 'none'> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw unreadable(path, error);
  });
  if (stats?.isFile() === true) return 'file';
  return stats?.isDirectory() === true ? 'folder' : 'none';
}

// In one piece: `readFile` of promises reads pieces of 512 kB, and an answer is awaited for each.
function readWorkingFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function isAbsent(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}

function unreadable(path: string, cause: unknown): ToolError {
  return new ToolError('FILES_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}.`, {
    hint: 'Check its permissions, and that nothing else changes the folder now.',
    cause,
  });
}
