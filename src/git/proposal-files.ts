import { type GitPlace, runGit, trimEnd } from './run-git.ts';

export interface ThreeCommits {
  /** The newest commit that both others come from. */
  readonly fork: string;
  readonly base: string;
  readonly tip: string;
}

/**
 * Joins what both sides changed since the fork, file by file; no file's text is joined. A file that both changed
 * stays as the base has it, and is named. The index of the working tree is used for it, its files are not.
 */
export async function combineFiles(
  place: GitPlace,
  { fork, base, tip }: ThreeCommits,
): Promise<{ readonly tree: string; readonly conflicts: readonly string[] }> {
  await runGit(place, ['read-tree', base]);
  await runGit(place, ['read-tree', '-i', '-m', '--aggressive', fork, base, tip]);
  // `<mode> <object id> <stage>\t<path>\0`; stage 2 is the base's.
  const unmerged = await runGit(place, ['ls-files', '--unmerged', '-z', '--full-name', ':/']);
  const entries = unmerged.split('\0').flatMap((line) => {
    const [, mode, id, stage, path] = /^(\d+) (\w+) (\d)\t([^]*)$/.exec(line) ?? [];
    return mode === undefined || id === undefined || path === undefined
      ? []
      : [{ mode, id, stage, path }];
  });
  const conflicts = [...new Set(entries.map(({ path }) => path))];
  for (const path of conflicts) {
    await runGit(place, ['update-index', '--force-remove', '--', path]);
    const ours = entries.find((entry) => entry.path === path && entry.stage === '2');
    if (ours !== undefined)
      await runGit(place, [
        'update-index',
        '--add',
        '--cacheinfo',
        `${ours.mode},${ours.id},${path}`,
      ]);
  }
  return { tree: trimEnd(await runGit(place, ['write-tree'])), conflicts };
}

/** Makes the working tree hold a tree's files. */
export async function showFiles(place: GitPlace, tree: string): Promise<void> {
  await runGit(place, ['read-tree', '--reset', '-u', tree]);
}

/** The tree that the working tree's files give; ignored ones count, nothing else lies there. */
export async function writeTree(place: GitPlace): Promise<string> {
  await runGit(place, ['add', '--all', '--force', '.']);
  return trimEnd(await runGit(place, ['write-tree']));
}
