import { readFile } from 'node:fs/promises';
import { redactRemote } from '../base/redact.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { addGitSetting } from './environment.ts';
import type { RemoteAccess } from './port.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';

/** git as it talks to one remote: with which settings, and the address as it may stand among arguments. */
export interface RemotePlace {
  readonly place: GitPlace;
  readonly remote: string;
}

/** Nothing besides what git itself is set up with. */
export const PLAIN_ACCESS: RemoteAccess = {
  tokenFile: null,
  sshKeyFile: null,
  knownHostsFile: null,
  caFile: null,
  timeoutMilliseconds: 600_000,
};

/**
 * Prepares to talk to a remote. Credentials travel in the environment of git alone: arguments are seen by
 * every user of the machine, and settings would be written down. Throws `GIT_BAD_CREDENTIALS` for a file
 * that cannot be used.
 */
export async function openRemote(
  place: GitPlace,
  remote: string,
  access: RemoteAccess,
): Promise<RemotePlace> {
  if (remote.startsWith('-'))
    throw new ToolError('GIT_FAILED', `"${redactRemote(remote)}" is not a Git remote.`, {
      hint: 'Give a URL, a path or the name of a remote.',
    });
  const limited = limitSilence(place, access.timeoutMilliseconds);
  const trusting = await trustCertificates(limited, access.caFile);
  const ready = await setUpSsh(trusting, access);
  return access.tokenFile === null
    ? hidePassword(ready, remote)
    : addToken(ready, remote, access.tokenFile);
}

/** Runs something that talks to a remote, for so long at most. Throws `GIT_TIMEOUT` when the time is over. */
export async function withinTime<T>(
  access: Pick<RemoteAccess, 'timeoutMilliseconds'>,
  signal: AbortSignal | undefined,
  talk: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(access.timeoutMilliseconds);
  try {
    return await talk(signal === undefined ? limit : AbortSignal.any([limit, signal]));
  } catch (error) {
    if (!limit.aborted || signal?.aborted === true) throw error;
    const seconds = Math.round(access.timeoutMilliseconds / 1000);
    throw new ToolError(
      'GIT_TIMEOUT',
      `The Git server did not finish within ${seconds} s, so it was cut off.`,
      {
        hint: 'Look at the Git server; a large first fetch may need a longer --git-timeout.',
        disposition: 'retry',
        cause: error,
      },
    );
  }
}

// Git's HTTP helper outlives a git that was stopped; this ends it when the server says nothing.
function limitSilence(place: GitPlace, timeoutMilliseconds: number): GitPlace {
  const seconds = Math.max(1, Math.min(60, Math.ceil(timeoutMilliseconds / 1000)));
  const limited = addGitSetting(place.environment, 'http.lowSpeedLimit', '1');
  return { ...place, environment: addGitSetting(limited, 'http.lowSpeedTime', String(seconds)) };
}

async function trustCertificates(place: GitPlace, file: string | null): Promise<GitPlace> {
  if (file === null) return place;
  await readGiven(file, 'certificates');
  return { ...place, environment: { ...place.environment, GIT_SSL_CAINFO: file } };
}

const SSH_OPTIONS = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'ConnectTimeout=30',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=4',
];

// Who has set ssh up for git and gives no file is left alone.
async function setUpSsh(place: GitPlace, access: RemoteAccess): Promise<GitPlace> {
  const { sshKeyFile, knownHostsFile } = access;
  const own = await findSshCommand(place);
  if (own !== null && sshKeyFile === null && knownHostsFile === null) return place;
  const options = [...SSH_OPTIONS];
  if (sshKeyFile !== null) {
    await readGiven(sshKeyFile, 'the SSH key');
    options.push(`IdentityFile=${quoteSshPath(sshKeyFile)}`, 'IdentitiesOnly=yes');
  }
  if (knownHostsFile !== null) {
    await readGiven(knownHostsFile, 'known hosts');
    options.push(
      `UserKnownHostsFile=${quoteSshPath(knownHostsFile)}`,
      'GlobalKnownHostsFile=/dev/null',
    );
  }
  const words = options.map((option) => `-o ${quoteShell(option)}`);
  const command = [own ?? 'ssh', ...words].join(' ');
  return { ...place, environment: { ...place.environment, GIT_SSH_COMMAND: command } };
}

async function findSshCommand(place: GitPlace): Promise<string | null> {
  const { GIT_SSH_COMMAND: command, GIT_SSH: program } = place.environment;
  if (command !== undefined) return command;
  const set = trimEnd((await tryGit(place, ['config', '--get', 'core.sshCommand'])) ?? '');
  if (set !== '') return set;
  return program === undefined ? null : quoteShell(program);
}

// ssh takes spaces apart and replaces what follows a %.
function quoteSshPath(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function hidePassword(place: GitPlace, remote: string): RemotePlace {
  if (!/^https?:\/\/[^/]*@/i.test(remote) || !URL.canParse(remote)) return { place, remote };
  const url = new URL(remote);
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const header = `Authorization: Basic ${Buffer.from(pair).toString('base64')}`;
  const environment = addGitSetting(place.environment, `http.${url.origin}/.extraHeader`, header);
  return { place: { ...place, environment }, remote: url.href };
}

// Git asks it for the remote's own host alone: a redirect to another one gets nothing.
const HELPER =
  '!f() { test "$1" = get || exit 0; printf "username=%s\\npassword=%s\\n" "$OLMIRROR_GIT_USER" "$OLMIRROR_GIT_TOKEN"; }; f';
const ANY_USER = 'x-access-token';

async function addToken(place: GitPlace, remote: string, file: string): Promise<RemotePlace> {
  const address = remote.includes('://')
    ? remote
    : trimEnd(await runGit(place, ['ls-remote', '--get-url', remote]));
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return { place, remote };
  const url = new URL(address);
  const { user, token } = splitToken(await readToken(file), decodeURIComponent(url.username));
  url.username = '';
  url.password = '';
  const alone = addGitSetting(place.environment, 'credential.helper', '');
  const environment = {
    ...addGitSetting(alone, `credential.${url.origin}.helper`, HELPER),
    OLMIRROR_GIT_USER: user,
    OLMIRROR_GIT_TOKEN: token,
  };
  return { place: { ...place, environment }, remote: url.href };
}

async function readToken(file: string): Promise<string> {
  const [line = ''] = (await readGiven(file, 'the token')).split(/\r?\n/);
  if (line.trim() !== '') return line.trim();
  throw badFile(file, 'the token', new Error('its first line is empty'));
}

function splitToken(
  line: string,
  userOfAddress: string,
): { readonly user: string; readonly token: string } {
  if (userOfAddress !== '') return { user: userOfAddress, token: line };
  const colon = line.indexOf(':');
  return colon < 0
    ? { user: ANY_USER, token: line }
    : { user: line.slice(0, colon), token: line.slice(colon + 1) };
}

async function readGiven(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw badFile(file, what, error);
  }
}

// Files are renewed while this runs, and may be away for a moment then.
function badFile(file: string, what: string, cause: unknown): ToolError {
  return new ToolError(
    'GIT_BAD_CREDENTIALS',
    `The file ${file} for ${what} cannot be used: ${messageOf(cause)}.`,
    {
      hint: 'Correct the file; it is read anew at the next fetch, and nothing needs to be restarted.',
      disposition: 'retry',
      cause,
    },
  );
}
