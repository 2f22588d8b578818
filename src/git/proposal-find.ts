import { redactRemote } from '../base/redact.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import type { Environment } from './environment.ts';
import { FETCH, fetchRevision } from './fetch-revision.ts';
import type { RemoteAccess } from './port.ts';
import type { ProposalBase, ProposalStart } from './proposal-types.ts';
import { findMergeBase, isShallow, resolveRevision } from './read-commits.ts';
import { openRemote, withinTime } from './remote-access.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';
import { signOff } from './sign-off.ts';

/** Of a robot that git is not set up for: the same wherever it runs. */
export const ROBOT_ADDRESS = 'olmirror@olmirror.invalid';
/** Stands in the message of every commit that a robot made. */
export const BRANCH_TRAILER = 'Olmirror-Branch';

/** A clone whose branches are proposed, and how its remotes are reached. */
export interface Desk {
  readonly place: GitPlace;
  readonly access: RemoteAccess;
  readonly environment: Environment;
}

/** As `ProposalDesk.findBase`. */
export function findBase(
  desk: Desk,
  at: {
    readonly remote: string | null;
    readonly branch: string | null;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ProposalBase> {
  const { remote, branch } = at;
  return remote === null
    ? findLocalBase(desk.place, branch)
    : findRemoteBase(desk, { ...at, remote });
}

async function findLocalBase(place: GitPlace, branch: string | null): Promise<ProposalBase> {
  const head = trimEnd((await tryGit(place, ['symbolic-ref', '--quiet', '--short', 'HEAD'])) ?? '');
  const revision = await resolveRevision(place, branch === null ? 'HEAD' : `refs/heads/${branch}`);
  if (revision !== null) return { branch: branch ?? (head === '' ? null : head), revision };
  throw new ToolError('GIT_NO_COMMIT', `${branch ?? 'HEAD'} names no commit in ${place.folder}.`, {
    hint: 'Commit the state first, or name another --base.',
  });
}

async function findRemoteBase(
  desk: Desk,
  { remote, branch: given, signal }: RemoteBranch & { readonly branch: string | null },
): Promise<ProposalBase> {
  const branch = given ?? (await readDefaultBranch(desk, { remote, signal }));
  const revision = await fetchBranch(desk, { remote, signal }, branch);
  return { branch, revision };
}

interface RemoteBranch {
  readonly remote: string;
  readonly signal: AbortSignal | undefined;
}

function fetchBranch(
  desk: Desk,
  { remote, signal }: RemoteBranch,
  branch: string,
): Promise<string> {
  const { place, access } = desk;
  return fetchRevision(place, { remote, ref: `refs/heads/${branch}`, access, signal });
}

/** As `ProposalDesk.findBranch`. */
export async function findBranch(
  desk: Desk,
  at: Pick<ProposalStart, 'remote' | 'branch' | 'base'>,
  signal: AbortSignal | undefined,
): Promise<ProposalStart> {
  const { remote, branch, base } = at;
  await assertName(desk.place, at);
  const tip =
    remote === null
      ? await findLocalTip(desk.place, branch)
      : await findRemoteTip(desk, { remote, signal }, at);
  if (tip === null) return { ...at, tip, isOwn: true };
  const signed = await signOff(desk.place, ROBOT_ADDRESS);
  return { ...at, tip, isOwn: await isOwn(signed, base.revision, tip) };
}

async function assertName(
  place: GitPlace,
  { branch, base }: Pick<ProposalStart, 'branch' | 'base'>,
): Promise<void> {
  if ((await tryGit(place, ['check-ref-format', '--branch', branch])) === null)
    throw new ToolError('CLI_USAGE', `--branch ${branch} is no name for a branch.`, {
      hint: 'Git wants no spaces, colons, two dots in a row or a slash at an end.',
    });
  if (branch === base.branch)
    throw new ToolError('CLI_USAGE', `--branch ${branch} is the branch to be merged into.`, {
      hint: 'Give the delivery a branch of its own, or name another --base.',
    });
}

async function findLocalTip(place: GitPlace, branch: string): Promise<string | null> {
  const open = trimEnd(await runGit(place, ['worktree', 'list', '--porcelain']));
  if (open.split('\n').includes(`branch refs/heads/${branch}`))
    throw new ToolError(
      'GIT_FAILED',
      `The branch ${branch} is checked out, so it was left alone.`,
      {
        hint: 'Go to another branch there, or give --branch another name.',
      },
    );
  return resolveRevision(place, `refs/heads/${branch}`);
}

async function findRemoteTip(
  desk: Desk,
  { remote, signal }: RemoteBranch,
  { branch, base }: Pick<ProposalStart, 'branch' | 'base'>,
): Promise<string | null> {
  const { place, access } = desk;
  const tip = await fetchBranch(desk, { remote, signal }, branch).catch((error: unknown) => {
    if (isToolError(error, 'GIT_UNKNOWN_REVISION')) return null;
    throw error;
  });
  if (tip === null || base.branch === null) return tip;
  // A clone that CI makes may end before the commit where both part.
  if ((await findMergeBase(place, base.revision, tip)) !== null || !(await isShallow(place)))
    return tip;
  const target = await openRemote(place, remote, access);
  const names = [base.branch, branch].map((name) => `refs/heads/${name}`);
  await withinTime(access, signal, (limited) =>
    runGit(target.place, [...FETCH, '--unshallow', target.remote, ...names], {
      signal: limited,
      isRemote: true,
    }),
  );
  return tip;
}

async function readDefaultBranch(
  { place, access }: Desk,
  { remote, signal }: RemoteBranch,
): Promise<string> {
  const target = await openRemote(place, remote, access);
  const answer = await withinTime(access, signal, (limited) =>
    runGit(target.place, ['ls-remote', '--symref', target.remote, 'HEAD'], {
      signal: limited,
      isRemote: true,
    }),
  );
  const [, branch = null] = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(answer) ?? [];
  if (branch !== null) return branch;
  throw new ToolError(
    'GIT_UNKNOWN_REVISION',
    `The Git remote ${redactRemote(target.remote)} does not say which is its default branch.`,
    { hint: 'Name the branch to be merged into with --base.' },
  );
}

async function isOwn(signed: GitPlace, base: string, tip: string): Promise<boolean> {
  const self = trimEnd(await runGit(signed, ['var', 'GIT_COMMITTER_IDENT']));
  const format = `--format=%cn <%ce>%x00%(trailers:key=${BRANCH_TRAILER},valueonly,separator=%x2C)`;
  const log = await runGit(signed, ['log', format, `${base}..${tip}`]);
  return log
    .split('\n')
    .filter((line) => line !== '')
    .every((line) => {
      const [committer = '', trailer = ''] = line.split('\0');
      return trailer !== '' && self.startsWith(`${committer} `);
    });
}
