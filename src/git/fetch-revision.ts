import { createHash } from 'node:crypto';
import { ToolError } from '../base/tool-error.ts';
import { addGitSetting } from './environment.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';

export interface FetchOptions {
  /** Name of a remote, URL or path. */
  readonly remote: string;
  /** Branch or tag, or a full name below `refs/`. A branch wins over a tag of that name. */
  readonly ref: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches one branch or tag into a name of olmirror's own, below `refs/olmirror/`, and returns the
 * commit it has now. Nothing else in the repository changes: no branch, no remote-tracking branch,
 * no FETCH_HEAD. A branch that was forced to another history is followed. Nothing is transferred
 * when it has not moved.
 */
export async function fetchRevision(place: GitPlace, options: FetchOptions): Promise<string> {
  const { remote, ref, signal } = options;
  if (remote.startsWith('-'))
    throw new ToolError('GIT_FAILED', `"${redactRemote(remote)}" is not a Git remote.`, {
      hint: 'Give a URL, a path or the name of a remote.',
    });
  const target = hideCredentials(limitSilence(place), remote);
  const found = await findRemoteRef(target, ref, signal);
  const local = `refs/olmirror/${createHash('sha256').update(target.remote).digest('hex').slice(0, 12)}/${found.name.slice('refs/'.length)}`;
  if (
    (await tryGit(place, ['rev-parse', '--verify', '--quiet', local]))?.trim() !== found.objectId
  ) {
    await runGit(target.place, [...FETCH, target.remote, `+${found.name}:${local}`], {
      signal,
      isRemote: true,
    });
  }
  return trimEnd(await runGit(place, ['rev-parse', '--verify', `${local}^{commit}`]));
}

/** The address without user and password; a user name of SSH stays, it is no secret. */
export function redactRemote(remote: string): string {
  return remote
    .replace(/^(https?:\/\/)[^/]*@/i, '$1')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/:@]*):[^/]*@/i, '$1@');
}

// `--progress` makes a long transfer show signs of life.
const FETCH = [
  'fetch',
  '--progress',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--refmap=',
];

interface FetchTarget {
  readonly place: GitPlace;
  readonly remote: string;
}

// Git's HTTP helper outlives a git that was stopped; this ends it when the server says nothing.
function limitSilence(place: GitPlace): GitPlace {
  const limited = addGitSetting(place.environment, 'http.lowSpeedLimit', '1');
  return { ...place, environment: addGitSetting(limited, 'http.lowSpeedTime', '60') };
}

// Arguments are seen by every user of the machine: a password in the URL travels as a setting instead.
function hideCredentials(place: GitPlace, remote: string): FetchTarget {
  if (!/^https?:\/\/[^/]*@/i.test(remote) || !URL.canParse(remote)) return { place, remote };
  const url = new URL(remote);
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const header = `Authorization: Basic ${Buffer.from(pair).toString('base64')}`;
  return {
    place: {
      ...place,
      environment: addGitSetting(place.environment, `http.${url.origin}/.extraHeader`, header),
    },
    remote: url.href,
  };
}

async function findRemoteRef(
  target: FetchTarget,
  ref: string,
  signal: AbortSignal | undefined,
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
