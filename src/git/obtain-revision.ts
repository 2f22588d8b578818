import { FULL_ID } from '../base/object-id.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { fetchRevision } from './fetch-revision.ts';
import type { ObtainedRevision, RemoteAccess } from './port.ts';
import { isShallow, resolveRevision } from './read-commits.ts';
import { openRemote, withinTime } from './remote-access.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';

const REMOTE = 'origin';

export interface ObtainOptions {
  readonly revision: string;
  readonly access: RemoteAccess;
  readonly signal: AbortSignal | undefined;
}

/** See `GitPort.obtainRevision`. */
export async function obtainRevision(
  place: GitPlace,
  options: ObtainOptions,
): Promise<ObtainedRevision> {
  const { revision, access, signal } = options;
  const known = (await resolveRevision(place, revision)) ?? (await readBranch(place, revision));
  if (known !== null) return { revision: known, fetched: false };
  const id = FULL_ID.test(revision) ? revision : await readParent(place, revision);
  try {
    const fetched =
      id === null
        ? await fetchRevision(place, { remote: REMOTE, ref: revision, access, signal })
        : await fetchCommit(place, { ...options, revision: id });
    return { revision: fetched, fetched: true };
  } catch (error) {
    if (isToolError(error, 'GIT_UNKNOWN_REVISION') || isToolError(error, 'GIT_FAILED'))
      throw notObtained(revision, id, error);
    throw error;
  }
}

// CI checks a commit out, and has its target branch only as the remote knows it.
function readBranch(place: GitPlace, revision: string): Promise<string | null> {
  return resolveRevision(place, `refs/remotes/${REMOTE}/${revision}`);
}

// A shallow clone lacks the parent itself, but the commit at its end tells the parent's id.
async function readParent(place: GitPlace, revision: string): Promise<string | null> {
  const [, child] = /^(.+?)(?:~1?|\^1?)$/.exec(revision) ?? [];
  const commit = child === undefined ? null : await resolveRevision(place, child);
  if (commit === null) return null;
  const text = await runGit(place, ['cat-file', 'commit', commit]);
  return /^parent ([0-9a-f]+)$/m.exec(text.split('\n\n')[0] ?? '')?.[1] ?? null;
}

async function fetchCommit(
  place: GitPlace,
  { revision, access, signal }: ObtainOptions,
): Promise<string> {
  const target = await openRemote(place, REMOTE, access);
  // Of a whole clone `--depth` would make a shallow one.
  const depth = (await isShallow(place)) ? ['--depth=1'] : [];
  await withinTime(access, signal, (limit) =>
    runGit(target.place, [...FETCH_ONE, ...depth, target.remote, revision], {
      signal: limit,
      isRemote: true,
    }),
  );
  return trimEnd(await runGit(place, ['rev-parse', '--verify', `${revision}^{commit}`]));
}

const FETCH_ONE = [
  'fetch',
  '--progress',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--refmap=',
];

function notObtained(revision: string, id: string | null, cause: ToolError): ToolError {
  const what = id === null || id === revision ? revision : `${revision} (${id})`;
  const fetch = id === null ? revision : `--depth=1 ${REMOTE} ${id}`;
  return new ToolError(
    'GIT_UNKNOWN_REVISION',
    `This clone has no commit ${what}, and ${REMOTE} did not give it: ${cause.message}`,
    {
      hint:
        id === null
          ? `Check the name, or fetch it before: git fetch ${REMOTE} ${fetch}. In CI let the checkout bring the whole history (fetch-depth: 0, GIT_DEPTH: 0).`
          : `Fetch it before: git fetch ${fetch}. In CI let the checkout bring the whole history (fetch-depth: 0, GIT_DEPTH: 0).`,
      cause,
    },
  );
}
