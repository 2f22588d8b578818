import { resolve } from 'node:path';
import type { ForgeAccess } from '../forge/review-port.ts';
import { readDuration } from './command-options.ts';

/** How a forge is reached. */
export const FORGE_OPTIONS = {
  forge: {
    type: 'string',
    choices: ['gitea', 'github', 'gitlab'] as const,
    describe:
      'Kind of the forge; Forgejo is a gitea. Default: as the CI or the address of origin says',
    requiresArg: true,
  },
  url: {
    type: 'string',
    describe:
      'Address of the forge, with path prefix: https://git.example.com/gitea. Default: as the CI or origin says',
    requiresArg: true,
  },
  repository: {
    type: 'string',
    describe: 'owner/name at the forge. Default: as the CI or origin says',
    requiresArg: true,
  },
  'token-file': {
    type: 'string',
    describe:
      'File with TOKEN or USER:TOKEN in its first line; default OLMIRROR_FORGE_TOKEN, GITEA_TOKEN, GITHUB_TOKEN or GITLAB_TOKEN of the environment',
    requiresArg: true,
  },
  'ca-file': {
    type: 'string',
    describe: 'Certificates that are trusted at the forge, and no others',
    requiresArg: true,
  },
  'forge-timeout': {
    type: 'string',
    default: '30s',
    describe: 'Time that one request to the forge may take',
    requiresArg: true,
  },
} as const;

export interface ForgeArgs {
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly forgeTimeout: string;
}

export function readForgeAccess({ tokenFile, caFile, forgeTimeout }: ForgeArgs): ForgeAccess {
  return {
    tokenFile: tokenFile === undefined ? null : resolve(tokenFile),
    caFile: caFile === undefined ? null : resolve(caFile),
    timeoutMilliseconds: readDuration(forgeTimeout, '--forge-timeout'),
  };
}
