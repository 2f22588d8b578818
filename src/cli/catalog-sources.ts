import { lstat, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Problem } from '../base/problem.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { isIgnoreFile, selectFiles } from '../catalog/ignore.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { type FolderEntry, listFolder } from '../files/list-folder.ts';
import { readFile } from '../files/read-file.ts';
import { type FileSource, toProblem } from './file-source.ts';

/** The files of a catalog that opm would load, in its order, and those that cannot be read. */
export interface CatalogSources {
  readonly files: readonly FileSource[];
  readonly problems: readonly Problem[];
}

/** Lists a catalog's folder; its name stands before the paths. */
export async function listFolderSources(folder: string): Promise<CatalogSources> {
  const root = resolve(folder);
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new ToolError('FILES_NOT_FOUND', `"${folder}" is not a directory.`, {
      hint: 'Give the folder of a file-based catalog.',
    });
  return selectSources(await listFolder(root), folder.replace(/\/+$/, ''));
}

/**
 * As `listFolderSources`, for a catalog's folder in a working tree; none where there is no such
 * folder. Git follows no link, so each is a fault; other repositories within are left out.
 */
export async function listTreeSources(root: string, folder: string): Promise<CatalogSources> {
  const location = join(root, folder);
  const found = await lstat(location).catch(() => null);
  if (found === null) return { files: [], problems: [] };
  if (found.isSymbolicLink())
    return { files: [], problems: [toProblem(folder, linkFault(location))] };
  const listed = withoutRepositories(await listFolder(location)).map((entry) =>
    entry.link && entry.fault === null ? { ...entry, fault: linkFault(entry.location) } : entry,
  );
  return selectSources(listed, folder);
}

function linkFault(location: string): ToolError {
  return new ToolError(
    'FILES_UNREADABLE',
    `${location} is a link, which Git does not follow: an index built from a commit would lack what it stands for.`,
    { hint: 'Put the files it stands for in its place.' },
  );
}

function withoutRepositories(listed: readonly FolderEntry[]): readonly FolderEntry[] {
  const marks = listed.flatMap(({ path }) => {
    const at = `/${path}/`.indexOf('/.git/');
    return at === -1 ? [] : [path.slice(0, Math.max(at - 1, 0))];
  });
  const folders = new Set(marks.filter((folder) => folder !== ''));
  return listed.filter(
    ({ path }) =>
      !`/${path}/`.includes('/.git/') && !listAncestors(path).some((above) => folders.has(above)),
  );
}

function listAncestors(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'));
}

/** Every file of a folder with its bytes, and the faults of those that opm would load but nobody can read. */
export interface FolderContent {
  readonly files: readonly CatalogFile[];
  readonly problems: readonly Problem[];
}

/** Reads every file of a folder, those that `.indexignore` hides included. */
export async function readFolderContent(folder: string): Promise<FolderContent> {
  const files: CatalogFile[] = [];
  const faulty: FaultyFile[] = [];
  for (const entry of await listFolder(folder)) {
    const bytes = await tryRead(entry);
    if (isToolError(bytes)) faulty.push({ path: entry.path, fault: bytes });
    else files.push({ path: entry.path, bytes });
  }
  const problems = listFaults(faulty, files.filter(isIgnoreFile));
  return { files, problems: problems.map(({ path, fault }) => toProblem(path, fault)) };
}

/** As `readFolderContent`, but files are only named, those of patterns aside. */
export async function locateFolderContent(folder: string): Promise<CatalogSources> {
  const files: FileSource[] = [];
  const faulty: FaultyFile[] = [];
  const patterns: CatalogFile[] = [];
  for (const entry of await listFolder(folder)) {
    const { path, size, location } = entry;
    const content = isIgnoreFile(entry) ? await tryRead(entry) : (entry.fault ?? location);
    if (isToolError(content)) faulty.push({ path, fault: content });
    else files.push({ path, size, content });
    if (content instanceof Uint8Array) patterns.push({ path, bytes: content });
  }
  const problems = listFaults(faulty, patterns);
  return { files, problems: problems.map(({ path, fault }) => toProblem(path, fault)) };
}

interface FaultyFile {
  readonly path: string;
  readonly fault: ToolError;
}

// Patterns that cannot be read might have hidden the others.
function listFaults(
  faulty: readonly FaultyFile[],
  ignoreFiles: readonly CatalogFile[],
): readonly FaultyFile[] {
  return [...faulty.filter(isIgnoreFile), ...selectFiles(faulty, ignoreFiles)];
}

async function tryRead({ location, fault }: FolderEntry): Promise<Uint8Array | ToolError> {
  if (fault !== null) return fault;
  try {
    return await readFile(location);
  } catch (error) {
    if (isToolError(error)) return error;
    throw error;
  }
}

async function selectSources(
  listed: readonly FolderEntry[],
  folder: string,
): Promise<CatalogSources> {
  const ignoreFiles: CatalogFile[] = [];
  const faulty: FaultyFile[] = [];
  for (const entry of listed) {
    const { path, fault } = entry;
    const bytes = isIgnoreFile({ path }) ? await tryRead(entry) : fault;
    if (isToolError(bytes)) faulty.push({ path, fault: bytes });
    else if (bytes !== null) ignoreFiles.push({ path, bytes });
  }
  const sound = selectFiles(listed, ignoreFiles).filter(({ fault }) => fault === null);
  return {
    files: sound.map(({ path, location, size }) => ({
      path: `${folder}/${path}`,
      size,
      content: location,
    })),
    problems: listFaults(faulty, ignoreFiles).map(({ path, fault }) =>
      toProblem(`${folder}/${path}`, fault),
    ),
  };
}
