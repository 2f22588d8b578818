import { isToolError } from '../base/tool-error.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';

/** Whether `older` is `newer` or an ancestor of it; null where that cannot be told here. */
export async function descends(
  place: GitPlace,
  newer: string,
  older: string,
): Promise<boolean | null> {
  if (newer === older) return true;
  const base = await tryGit(place, ['merge-base', newer, older]);
  if (base === null) return null;
  if (trimEnd(base) === older) return true;
  const isShallow = trimEnd(await runGit(place, ['rev-parse', '--is-shallow-repository']));
  return isShallow === 'true' ? null : false;
}

export async function readMark(place: GitPlace, name: string): Promise<string | null> {
  const answer = await tryGit(place, [
    'rev-parse',
    '--verify',
    '--quiet',
    `${refOf(name)}^{commit}`,
  ]);
  return answer === null || answer === '' ? null : trimEnd(answer);
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
