import { resolve } from 'node:path';
import { ToolError } from '../base/tool-error.ts';
import type { RemoteAccess } from '../git/port.ts';
import { readDuration } from './command-options.ts';

/** How a Git server is reached. */
export const GIT_ACCESS_OPTIONS = {
  'git-token-file': {
    type: 'string',
    requiresArg: true,
    describe:
      "File with TOKEN or USER:TOKEN for --remote over HTTPS, read anew at every fetch; default git's credential helpers",
  },
  'git-ssh-key': {
    type: 'string',
    requiresArg: true,
    describe: 'Private key for --remote over SSH',
  },
  'git-known-hosts': {
    type: 'string',
    requiresArg: true,
    describe: 'Host keys that are trusted over SSH, and no others',
  },
  'git-ca-file': {
    type: 'string',
    requiresArg: true,
    describe: 'Certificates that are trusted over HTTPS, and no others',
  },
  'git-timeout': {
    type: 'string',
    requiresArg: true,
    default: '10m',
    describe: 'Time that one fetch may take',
  },
} as const;

export interface GitAccessArgs {
  readonly gitTimeout: string;
  readonly gitTokenFile?: string | undefined;
  readonly gitSshKey?: string | undefined;
  readonly gitKnownHosts?: string | undefined;
  readonly gitCaFile?: string | undefined;
}

export function readGitAccess(args: GitAccessArgs): RemoteAccess {
  return {
    tokenFile: findFile(args.gitTokenFile),
    sshKeyFile: findFile(args.gitSshKey),
    knownHostsFile: findFile(args.gitKnownHosts),
    caFile: findFile(args.gitCaFile),
    timeoutMilliseconds: readDuration(args.gitTimeout, '--git-timeout'),
  };
}

/** Throws `CLI_USAGE` for a token that goes together with no remote of this kind. */
export function assertTokenFits(args: GitAccessArgs, remote: string | null): void {
  if (args.gitTokenFile === undefined || remote === null) return;
  if (!/^https?:\/\//i.test(remote))
    throw new ToolError('CLI_USAGE', '--git-token-file is for a --remote over HTTPS.', {
      hint: 'Over SSH give --git-ssh-key; a path needs neither.',
    });
  if (/^https?:\/\/[^/]*:[^/]*@/i.test(remote))
    throw new ToolError(
      'CLI_USAGE',
      'The password of --remote and --git-token-file exclude each other.',
      {
        hint: 'Take the password out of the address, where every user of the machine sees it.',
      },
    );
}

export function findFile(file: string | undefined): string | null {
  return file === undefined ? null : resolve(file);
}
