import { FULL_ID } from '../base/object-id.ts';
import { compareBytes } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { CommitFiles, CommitHead, LocatedFile, Snapshot, TreeFile } from './port.ts';
import { readBlobNow, readBlobs } from './read-blobs.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';
import { cleanPath, selectSubmodules } from './tree-path.ts';

/** Small files by their object ids, as they were read before. */
export type SmallFiles = Map<string, Uint8Array>;

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
  readonly known: SmallFiles;
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
  { prefix, commit, known }: FilesPlace,
): Omit<Snapshot, 'subject' | 'time' | 'readFileNow'> {
  let tree: Promise<Tree> | null = null;
  // One commit never changes, and most of it is asked for sooner or later.
  function readTree(): Promise<Tree> {
    tree ??= listTree(place, prefix, commit);
    return tree;
  }
  async function listFiles(path: string): Promise<readonly TreeFile[]> {
    return selectFiles((await readTree()).files, path);
  }
  async function* readFiles(
    files: readonly TreeFile[],
  ): AsyncGenerator<{ readonly file: TreeFile; readonly bytes: Uint8Array }> {
    let index = 0;
    for await (const bytes of readBlobs(
      place,
      files.map((file) => file.objectId),
    )) {
      const file = files[index];
      index += 1;
      if (file !== undefined) yield { file, bytes };
    }
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
    const kept = known.get(file.objectId);
    if (kept !== undefined) return kept;
    for await (const { bytes } of readFiles([file])) {
      keepSmall(known, file, bytes);
      return bytes;
    }
    return null;
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
export async function readCommitHead(place: GitPlace, revision: string): Promise<NamedCommit> {
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

function keepSmall(known: SmallFiles, { objectId }: TreeFile, bytes: Uint8Array): void {
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

interface Tree {
  readonly files: readonly TreeFile[];
  readonly submodules: readonly string[];
}

async function listTree(place: GitPlace, prefix: string, commit: string): Promise<Tree> {
  const only = prefix === '' ? [] : [`:(literal)${prefix}`];
  const answer = await runGit(place, ['ls-tree', '-r', '-z', '--full-tree', commit, ...only]);
  return parseTree(answer, prefix);
}

// `<mode> <type> <object id>\t<path>\0`; regular files have modes 100644 and 100755, submodules 160000.
function parseTree(answer: string, prefix: string): Tree {
  const files: TreeFile[] = [];
  const submodules: string[] = [];
  for (const line of answer.split('\0')) {
    const [, mode = '', objectId = '', path = ''] =
      /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    if (mode.startsWith('100')) files.push({ path: path.slice(prefix.length), objectId });
    if (mode === '160000') submodules.push(path.slice(prefix.length));
  }
  return { files: files.toSorted((a, b) => compareBytes(a.path, b.path)), submodules };
}
