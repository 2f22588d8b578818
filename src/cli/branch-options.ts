import { ToolError } from '../base/tool-error.ts';
import type { ForgeAccess, ForgeRepository } from '../forge/review-port.ts';
import type { RemoteAccess } from '../git/port.ts';
import type { Person } from '../git/sign-off.ts';
import type { ForgeChoice } from './find-review.ts';
import { type ForgeArgs, readForgeAccess } from './forge-options.ts';
import { assertTokenFits, type GitAccessArgs, readGitAccess } from './git-access-options.ts';

export interface BranchArgs extends GitAccessArgs, ForgeArgs {
  readonly branch?: string | undefined;
  readonly base?: string | undefined;
  readonly push: boolean;
  readonly remote?: string | undefined;
  readonly author?: string | undefined;
  readonly pullRequest: boolean;
  readonly forge?: ForgeRepository['kind'] | undefined;
  readonly url?: string | undefined;
  readonly repository?: string | undefined;
}

export interface BranchChoice {
  /** Null for one branch a catalog. */
  readonly branch: string | null;
  readonly base: string | null;
  /** Null where nothing is pushed. */
  readonly remote: string | null;
  readonly author: Person | null;
  readonly access: RemoteAccess;
  /** At which forge the request is opened; null for none. */
  readonly request: RequestChoice | null;
}

export interface RequestChoice {
  readonly forge: ForgeChoice;
  readonly access: ForgeAccess;
}

/** What `merge` is to do about a branch; null where it writes the working tree. Throws `CLI_USAGE`. */
export function readBranchChoice(args: BranchArgs): BranchChoice | null {
  const { branch, base = null, push, author } = args;
  if (branch === undefined) return assertNoBranch(args);
  assertPushed(args);
  const remote = args.remote ?? 'origin';
  return {
    branch: branch === '' ? null : branch,
    base,
    remote: push ? remote : null,
    author: author === undefined ? null : readPerson(author),
    access: readGitAccess(args),
    request: args.pullRequest ? readRequestChoice(args) : null,
  };
}

function assertNoBranch(args: BranchArgs): null {
  const given = {
    base: args.base !== undefined,
    push: args.push,
    remote: args.remote !== undefined,
    author: args.author !== undefined,
    'pull-request': args.pullRequest,
  };
  const idle = Object.entries(given).find(([, isGiven]) => isGiven);
  if (idle === undefined) return null;
  throw new ToolError('CLI_USAGE', `--${idle[0]} is about a branch, and there is no --branch.`, {
    hint: 'Add --branch, with a name or without.',
  });
}

function assertPushed(args: BranchArgs): void {
  const { push, remote, pullRequest } = args;
  if (!push && remote !== undefined)
    throw new ToolError('CLI_USAGE', '--remote is where --push pushes to.', {
      hint: 'Add --push, or leave out --remote: the branch then stays in this clone.',
    });
  if (!push && pullRequest)
    throw new ToolError('CLI_USAGE', '--pull-request is about a branch that was pushed.', {
      hint: 'Add --push.',
    });
  if (remote?.includes('://') === true) assertTokenFits(args, remote);
}

function readRequestChoice(args: BranchArgs): RequestChoice {
  const { forge = null, url = null, repository = null } = args;
  return { forge: { forge, url, repository }, access: readForgeAccess(args) };
}

function readPerson(text: string): Person {
  const [, name = '', email = ''] = /^\s*([^<>\n]*[^<>\s])\s*<([^<>\s]+)>\s*$/.exec(text) ?? [];
  if (name !== '') return { name, email };
  throw new ToolError('CLI_USAGE', `--author ${text} is no name with an address.`, {
    hint: 'Write it as "NAME <EMAIL>".',
  });
}
