import { resolve, sep } from 'node:path';
import { ToolError } from '../base/tool-error.ts';
import type { RemoteAccess, Signers } from '../git/port.ts';
import type { CommitRules } from '../reconcile/commit-source.ts';
import { readDuration } from './command-options.ts';
import {
  assertTokenFits,
  findFile,
  type GitAccessArgs,
  readGitAccess,
} from './git-access-options.ts';

/** Whose commits are applied: said here, since a rule in the repository could be changed by the commit that it judges. */
export const SIGNER_OPTIONS = {
  'signers-ssh': {
    type: 'string',
    requiresArg: true,
    describe:
      'Apply only commits that are signed by a key of this file, in the form of allowed signers of ssh-keygen',
  },
  'signers-gpg': {
    type: 'string',
    requiresArg: true,
    describe:
      'Apply only commits that are signed by an OpenPGP key of this file, as gpg --export writes it',
  },
} as const;

/** Where `watch` gets its commits from, and which it takes. */
export const WATCH_SOURCE_OPTIONS = {
  'fetch-interval': {
    type: 'string',
    requiresArg: true,
    default: '1m',
    describe: 'Time between two fetches of --remote, a tenth shorter or longer by chance',
  },
  'refuse-rewrites': {
    type: 'boolean',
    default: false,
    describe: 'Take no commit that does not descend from the one taken before',
  },
} as const;

interface SignerArgs {
  readonly signersSsh?: string | undefined;
  readonly signersGpg?: string | undefined;
}

export interface WatchSourceArgs extends SignerArgs, GitAccessArgs {
  readonly refuseRewrites: boolean;
  readonly fetchInterval: string;
}

/** Null where signatures are not asked for. */
export function readSigners({ signersSsh, signersGpg }: SignerArgs): Signers | null {
  if (signersSsh === undefined && signersGpg === undefined) return null;
  return { sshFile: findFile(signersSsh), gpgFile: findFile(signersGpg) };
}

export interface WatchSourceChoice {
  readonly access: RemoteAccess;
  readonly fetchMilliseconds: number;
  readonly rules: CommitRules;
}

/** Throws `CLI_USAGE` for what goes together with no remote of this kind. */
export function readWatchSource(args: WatchSourceArgs, remote: string | null): WatchSourceChoice {
  assertTokenFits(args, remote);
  return {
    access: readGitAccess(args),
    fetchMilliseconds: readDuration(args.fetchInterval, '--fetch-interval'),
    rules: { signers: readSigners(args), refuseRewrites: args.refuseRewrites },
  };
}

/** Throws `CLI_USAGE` for signers that whoever may commit could change. */
export function assertOutside({ sshFile, gpgFile }: Signers, folder: string): void {
  for (const file of [sshFile, gpgFile])
    if (file !== null && file.startsWith(resolve(folder) + sep))
      throw new ToolError(
        'CLI_USAGE',
        `The signers in ${file} lie in the state repository: whoever may write there could change them.`,
        { hint: 'Keep the file elsewhere, where only the administrators of this machine write.' },
      );
}
