import { readFile } from 'node:fs/promises';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { isGiteaActions } from './find-ci.ts';
import type { ForgeAccess, ForgeRepository } from './review-port.ts';

/** A token and where it came from; only the place may be told. */
export interface ForgeLogin {
  readonly token: string;
  /** `the file /run/token`, `GITEA_TOKEN`. */
  readonly source: string;
}

type Kind = ForgeRepository['kind'];

// What the forges' own CI and their tools call it.
const VARIABLES: Readonly<Record<Kind, readonly string[]>> = {
  gitea: ['OLMIRROR_FORGE_TOKEN', 'GITEA_TOKEN', 'FORGEJO_TOKEN'],
  github: ['OLMIRROR_FORGE_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN'],
  gitlab: ['OLMIRROR_FORGE_TOKEN', 'GITLAB_TOKEN'],
};

/**
 * The token for a forge: of the file (`TOKEN` or `USER:TOKEN` in its first line), else of the first variable that is set.
 * Throws `FORGE_UNAUTHORIZED` where there is none, or none that a header could carry.
 */
export async function readToken(
  { kind, url }: ForgeRepository,
  { tokenFile }: ForgeAccess,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ForgeLogin> {
  if (tokenFile !== null) {
    const line = (await readOwn(tokenFile, 'token file')).split('\n', 1)[0]?.trim() ?? '';
    return check({ token: line.slice(line.lastIndexOf(':') + 1), source: `the file ${tokenFile}` });
  }
  const names = listVariables(kind, environment);
  const name = names.find((variable) => (environment[variable] ?? '').trim() !== '');
  if (name !== undefined)
    return check({ token: (environment[name] ?? '').trim(), source: `the variable ${name}` });
  throw new ToolError('FORGE_UNAUTHORIZED', `There is no token for ${url}.`, {
    hint: `Give one by --token-file, or in the environment as ${names.join(', ')}.`,
  });
}

// Gitea Actions gives its token under GitHub's name too; elsewhere GitHub's token is nothing that a Gitea may see.
function listVariables(
  kind: Kind,
  environment: Parameters<typeof readToken>[2],
): readonly string[] {
  return kind === 'gitea' && isGiteaActions(environment)
    ? [...VARIABLES[kind], 'GITHUB_TOKEN']
    : VARIABLES[kind];
}

/** What `caFile` holds; null for none. Throws `FORGE_UNREACHABLE` where it cannot be read. */
export async function readCertificates({ caFile }: ForgeAccess): Promise<string | null> {
  return caFile === null ? null : readOwn(caFile, 'CA file');
}

async function readOwn(file: string, name: 'token file' | 'CA file'): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = name === 'token file' ? 'FORGE_UNAUTHORIZED' : 'FORGE_UNREACHABLE';
    const message = `The ${name} ${file} of the forge cannot be read: ${messageOf(error)}.`;
    throw new ToolError(code, message, {
      cause: error,
      hint: 'Name a file that the user of olmirror may read.',
    });
  }
}

function check(login: ForgeLogin): ForgeLogin {
  if (/^[\x21-\x7e]+$/.test(login.token)) return login;
  throw new ToolError('FORGE_UNAUTHORIZED', `What ${login.source} holds is no token of a forge.`, {
    hint: 'A token is one word of letters, digits and signs, in the first line of the file.',
  });
}
