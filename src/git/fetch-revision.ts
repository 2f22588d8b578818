import { createHash } from 'node:crypto';
import { redactRemote } from '../base/redact.ts';
import { ToolError } from '../base/tool-error.ts';
import type { FetchHooks, RemoteAccess } from './port.ts';
import { openRemote, type RemotePlace, withinTime } from './remote-access.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';

export interface FetchOptions extends FetchHooks {
  /** Name of a remote, URL or path. */
  readonly remote: string;
  /** Branch or tag, or a full name below `refs/`. A branch wins over a tag of that name. */
  readonly ref: string;
  readonly access: RemoteAccess;
}

/**
 * Fetches one branch or tag into a name of olmirror's own, below `refs/olmirror/`, and returns the
 * commit it has now. Nothing else in the repository changes: no branch, no remote-tracking branch,
 * no FETCH_HEAD. A branch that was forced to another history is followed. Nothing is transferred
 * when it has not moved.
 */
export async function fetchRevision(place: GitPlace, options: FetchOptions): Promise<string> {
  const { remote, ref, access } = options;
  const target = await openRemote(place, remote, access);
  return withinTime(access, options.signal, async (signal) => {
    const found = await findRemoteRef(target, ref, signal);
    const local = `${ownRefs(target.remote)}/${found.name.slice('refs/'.length)}`;
    const known = await tryGit(place, ['rev-parse', '--verify', '--quiet', local]);
    if (known?.trim() !== found.objectId) {
      options.onMoved?.();
      await runGit(target.place, [...FETCH, target.remote, `+${found.name}:${local}`], {
        signal,
        isRemote: true,
      });
    }
    return trimEnd(await runGit(place, ['rev-parse', '--verify', `${local}^{commit}`]));
  });
}

/** Where what comes from a remote is kept, by its address without credentials. */
export function ownRefs(remote: string): string {
  return `refs/olmirror/${createHash('sha256').update(remote).digest('hex').slice(0, 12)}`;
}

// `--progress` makes a long transfer show signs of life; a remote may itself be a shallow clone.
export const FETCH: readonly string[] = [
  'fetch',
  '--progress',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--update-shallow',
  '--refmap=',
];

async function findRemoteRef(
  target: RemotePlace,
  ref: string,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly objectId: string }> {
  const names = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const isWellFormed = /^[^-\s:?*[\\^~]+[^\s:?*[\\^~]*$/.test(ref) && !ref.includes('..');
  const answer = isWellFormed
    ? await runGit(target.place, ['ls-remote', target.remote, ...names], { signal, isRemote: true })
    : '';
  const offered = new Map(
    answer.split('\n').map((line) => [line.split('\t')[1] ?? '', line.split('\t')[0] ?? '']),
  );
  for (const name of names) {
    const objectId = offered.get(name);
    if (objectId !== undefined) return { name, objectId };
  }
  throw new ToolError(
    'GIT_UNKNOWN_REVISION',
    `The Git remote ${redactRemote(target.remote)} has no branch or tag ${ref}.`,
    {
      hint: 'Check the name; the branch may have been deleted. What was applied before stays as it is.',
    },
  );
}
