import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';

/** Commit id of a revision that is there; null for none. */
export async function resolveRevision(place: GitPlace, revision: string): Promise<string | null> {
  if (revision === '' || revision.startsWith('-')) return null;
  const answer = await tryGit(place, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]);
  return answer === null || answer === '' ? null : trimEnd(answer);
}

/** Newest common ancestor; null where there is none, or the clone is too shallow to tell. */
export async function findMergeBase(place: GitPlace, a: string, b: string): Promise<string | null> {
  const answer = await tryGit(place, ['merge-base', a, b]);
  return answer === null || answer === '' ? null : trimEnd(answer);
}

/** Whether the clone lacks the beginning of its history. */
export async function isShallow(place: GitPlace): Promise<boolean> {
  return trimEnd(await runGit(place, ['rev-parse', '--is-shallow-repository'])) === 'true';
}
