import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import { addGitSetting } from './environment.ts';
import { importKeys, noVerifier } from './import-keys.ts';
import type { Signers } from './port.ts';
import { type GitPlace, runGit } from './run-git.ts';

const COMMIT = 'a commit';

type Kind = 'ssh' | 'openpgp' | 'other';

/**
 * Lets git verify the signature of a commit by the signers' keys and no others: those of the user who runs
 * olmirror count for nothing, and neither does a kind of signature for which no file is given. Throws
 * `GIT_UNTRUSTED_COMMIT`, `GIT_NO_VERIFIER`.
 */
export async function verifyCommit(
  place: GitPlace,
  revision: string,
  signers: Signers,
): Promise<void> {
  const kind = await readKind(place, revision);
  if (kind === null) throw untrusted(revision, 'it is not signed');
  const file = kind === 'ssh' ? signers.sshFile : signers.gpgFile;
  if (kind === 'other' || file === null)
    throw untrusted(revision, `its signature is ${NAMES[kind]}, and no such key may sign`);
  await assertReadable(file);
  const home = await mkdtemp(join(tmpdir(), 'olmirror-gnupg-'));
  try {
    if (kind === 'openpgp')
      await importKeys(file, { home, environment: place.environment, subject: COMMIT });
    await verify(restrict(place, { home, sshFile: kind === 'ssh' ? file : '/dev/null' }), revision);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const NAMES: Readonly<Record<Kind, string>> = {
  ssh: 'by an SSH key',
  openpgp: 'by an OpenPGP key',
  other: 'of another kind than SSH and OpenPGP',
};

async function readKind(place: GitPlace, revision: string): Promise<Kind | null> {
  const text = await runGit(place, ['cat-file', 'commit', revision]);
  const [head = ''] = text.split('\n\n', 1);
  const signature = /^gpgsig(?:-sha256)? (.*)$/m.exec(head)?.[1];
  if (signature === undefined) return null;
  if (signature.includes('BEGIN SSH SIGNATURE')) return 'ssh';
  return /BEGIN PGP (?:SIGNATURE|MESSAGE)/.test(signature) ? 'openpgp' : 'other';
}

// Settings of the environment outrank those of every file, the repository's own among them.
function restrict(
  place: GitPlace,
  { home, sshFile }: { readonly home: string; readonly sshFile: string },
): GitPlace {
  const settings = {
    'gpg.ssh.allowedSignersFile': sshFile,
    'gpg.program': 'gpg',
    'gpg.openpgp.program': 'gpg',
    'gpg.ssh.program': 'ssh-keygen',
    'gpg.x509.program': 'false',
    'gpg.minTrustLevel': 'undefined',
  };
  let environment: Readonly<Record<string, string>> = { ...place.environment, GNUPGHOME: home };
  for (const [key, value] of Object.entries(settings))
    environment = addGitSetting(environment, key, value);
  return { ...place, environment };
}

async function verify(place: GitPlace, revision: string): Promise<void> {
  try {
    await runGit(place, ['verify-commit', revision]);
  } catch (error) {
    if (!isToolError(error, 'GIT_FAILED')) throw error;
    const text = messageOf(error.cause);
    if (/cannot run (?:gpg|ssh-keygen)|ssh-keygen -Y [\w/-]+ is needed/.test(text))
      throw /ssh-keygen/.test(text)
        ? noVerifier('ssh-keygen (8.2 or later)', 'openssh-client', {
            subject: COMMIT,
            cause: error,
          })
        : noVerifier('gpg', 'gnupg', { subject: COMMIT, cause: error });
    throw untrusted(revision, `its signature does not hold: ${lastLine(text)}`, error);
  }
}

async function assertReadable(file: string): Promise<void> {
  try {
    await access(file);
  } catch (error) {
    throw new ToolError(
      'GIT_BAD_CREDENTIALS',
      `The file ${file} with the signers cannot be read: ${messageOf(error)}.`,
      {
        hint: 'Correct the file; until then no new commit is taken.',
        disposition: 'retry',
        cause: error,
      },
    );
  }
}

function untrusted(revision: string, why: string, cause?: unknown): ToolError {
  return new ToolError(
    'GIT_UNTRUSTED_COMMIT',
    `Commit ${revision.slice(0, 12)} is not taken: ${why}.`,
    {
      hint: 'Find out who made it. Sign it with a key of --signers-ssh or --signers-gpg (git commit --amend --no-edit -S) and push again; a later signed commit is taken too.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (lines.at(-1) ?? 'git gave no reason').replace(/\.$/, '');
}
