import { compareBytes } from '../base/text.ts';
import type { LocatedFile, Snapshot, TreeFile } from './port.ts';
import { readBlobNow, readBlobs } from './read-blobs.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';
import { cleanPath, selectSubmodules } from './tree-path.ts';

/** A commit's files, read out of Git's own storage. `prefix` is the folder within the repository, ending in `/`, or empty. */
export async function openCommitSnapshot(
  place: GitPlace,
  prefix: string,
  commit: string,
): Promise<Snapshot> {
  const log = await runGit(place, [
    'log',
    '-1',
    '--no-show-signature',
    '--encoding=UTF-8',
    '--format=%cI%x00%s',
    commit,
  ]);
  const [time = '', subject = ''] = trimEnd(log).split('\0');
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
    for await (const { bytes } of readFiles([file])) return bytes;
    return null;
  }
  return {
    revision: commit,
    subject,
    time: new Date(time).toISOString(),
    listFiles,
    locateFiles,
    readFiles,
    readFileNow: ({ objectId }) => readBlobNow(place, objectId),
    readFile,
    listSubmodules: async (path) => selectSubmodules((await readTree()).submodules, path),
  };
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
