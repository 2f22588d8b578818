import { FULL_ID } from '../base/object-id.ts';
import { ToolError } from '../base/tool-error.ts';
import { type KnownTrees, listTree, type Tree } from './list-tree.ts';
import { createObjectReader, type ObjectReader } from './object-reader.ts';
import { parseCommit } from './parse-commit.ts';
import type { CommitFiles, CommitHead, LocatedFile, Snapshot, TreeFile } from './port.ts';
import { readBlobNow, readBlobs } from './read-blobs.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';
import { cleanPath, selectSubmodules } from './tree-path.ts';

/** What is remembered of a repository from one commit to the next. */
export interface Objects {
  readonly reader: ObjectReader;
  readonly trees: KnownTrees;
  /** Small files by their object ids, as they were read before. */
  readonly small: Map<string, Uint8Array>;
}

export function openObjects(place: GitPlace): Objects {
  return { reader: createObjectReader(place), trees: new Map(), small: new Map() };
}

/** Of more files at once a command of their own is the faster. */
const FEW_FILES = 8;
/** Beyond these bytes, or so many files, nothing is kept. */
const SMALL = 65_536;
const MOST_KEPT = 256;

/** What a commit says of itself, and its id. */
export interface NamedCommit extends CommitHead {
  readonly commit: string;
}

interface FilesPlace {
  /** The folder within the repository, ending in `/`, or empty. */
  readonly prefix: string;
  /** Its full id. */
  readonly commit: string;
  readonly objects: Objects;
}

/** A commit with all that it says, read out of Git's own storage. */
export function openCommitSnapshot(
  place: GitPlace,
  { head, ...rest }: Omit<FilesPlace, 'commit'> & { readonly head: NamedCommit },
): Snapshot {
  const { commit, time, subject } = head;
  const files = openTree(place, { ...rest, commit });
  return { ...files, subject, time, readFileNow: ({ objectId }) => readBlobNow(place, objectId) };
}

/** As `GitPort.openFiles`. */
export function openCommitFiles(place: GitPlace, files: FilesPlace): CommitFiles {
  if (!FULL_ID.test(files.commit))
    throw new ToolError('GIT_UNKNOWN_REVISION', `${files.commit} is no full id of a commit.`);
  const environment = { ...place.environment, GIT_NO_LAZY_FETCH: '1' };
  return openTree({ ...place, environment }, files);
}

function openTree(
  place: GitPlace,
  { prefix, commit, objects }: FilesPlace,
): Omit<Snapshot, 'subject' | 'time' | 'readFileNow'> {
  let tree: Promise<Tree> | null = null;
  // One commit never changes, and most of it is asked for sooner or later.
  function readTree(): Promise<Tree> {
    const { reader, trees } = objects;
    tree ??= listTree(place, { prefix, commit, trees, objects: reader });
    return tree;
  }
  async function listFiles(path: string): Promise<readonly TreeFile[]> {
    return selectFiles((await readTree()).files, path);
  }
  async function* readFiles(
    files: readonly TreeFile[],
  ): AsyncGenerator<{ readonly file: TreeFile; readonly bytes: Uint8Array }> {
    if (files.length <= FEW_FILES) {
      for (const file of files) yield { file, bytes: await readOne(file) };
      return;
    }
    let index = 0;
    const ids = files.map((file) => file.objectId);
    for await (const bytes of readBlobs(place, ids)) {
      const file = files[index];
      index += 1;
      if (file !== undefined) yield { file, bytes };
    }
  }
  async function readOne({ objectId }: TreeFile): Promise<Uint8Array> {
    return (
      (await objects.reader.read(objectId, 'blob')) ??
      (await readFirst(readBlobs(place, [objectId])))
    );
  }
  async function locateFiles(path: string): Promise<readonly LocatedFile[]> {
    const found: LocatedFile[] = [];
    for await (const { file, bytes } of readFiles(await listFiles(path)))
      found.push({ path: file.path, size: bytes.length, content: bytes });
    return found;
  }
  async function readFile(path: string): Promise<Uint8Array | null> {
    const file = (await listFiles(path)).find((candidate) => candidate.path === cleanPath(path));
    if (file === undefined) return null;
    const kept = objects.small.get(file.objectId);
    if (kept !== undefined) return kept;
    const bytes = await readOne(file);
    keepSmall(objects.small, file, bytes);
    return bytes;
  }
  return {
    revision: commit,
    listFiles,
    locateFiles,
    readFiles,
    readFile,
    listSubmodules: async (path) => selectSubmodules((await readTree()).submodules, path),
  };
}

/** Reads what the commit of a revision says of itself. Throws `GIT_FAILED` where there is none. */
export async function readCommitHead(
  place: GitPlace,
  revision: string,
  { reader }: Pick<Objects, 'reader'>,
): Promise<NamedCommit> {
  const found = /[\0\r\n]/.test(revision) ? null : await reader.readCommit(revision);
  const head = found === null ? null : parseCommit(found.bytes);
  if (found !== null && head !== null) return { commit: found.id, ...head };
  const log = await runGit(place, [
    'log',
    '-1',
    '--no-show-signature',
    '--encoding=UTF-8',
    '--format=%H%x00%cI%x00%s',
    `${revision}^{commit}`,
    '--',
  ]);
  const [commit = '', time = '', subject = ''] = trimEnd(log).split('\0');
  return { commit, time: new Date(time).toISOString(), subject };
}

async function readFirst(blobs: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const bytes of blobs) return bytes;
  throw new Error('A blob was asked for, and nothing was answered.');
}

function keepSmall(known: Objects['small'], { objectId }: TreeFile, bytes: Uint8Array): void {
  if (bytes.length > SMALL) return;
  if (known.size >= MOST_KEPT) known.clear();
  // A copy: what was read may be a small part of something large.
  known.set(objectId, Uint8Array.from(bytes));
}

function selectFiles(files: readonly TreeFile[], path: string): readonly TreeFile[] {
  const wanted = cleanPath(path);
  return wanted === ''
    ? files
    : files.filter((file) => file.path === wanted || file.path.startsWith(`${wanted}/`));
}
