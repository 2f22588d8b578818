import { isToolError } from '../base/tool-error.ts';
import { findMergeBase, isShallow, resolveRevision } from './read-commits.ts';
import { type GitPlace, runGit } from './run-git.ts';

/** Whether `older` is `newer` or an ancestor of it; null where that cannot be told here. */
export async function descends(
  place: GitPlace,
  newer: string,
  older: string,
): Promise<boolean | null> {
  if (newer === older) return true;
  const base = await findMergeBase(place, newer, older);
  if (base === null) return null;
  if (base === older) return true;
  return (await isShallow(place)) ? null : false;
}

export function readMark(place: GitPlace, name: string): Promise<string | null> {
  return resolveRevision(place, refOf(name));
}

export async function writeMark(place: GitPlace, name: string, revision: string): Promise<void> {
  try {
    await runGit(place, ['update-ref', refOf(name), revision]);
  } catch (error) {
    // Two processes over one clone take the same commit: whoever comes second finds it written.
    if (!isToolError(error, 'GIT_FAILED') || (await readMark(place, name)) !== revision)
      throw error;
  }
}

function refOf(name: string): string {
  return `refs/olmirror/marks/${name}`;
}
