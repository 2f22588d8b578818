import { execa } from 'execa';
import { ToolError } from '../base/tool-error.ts';
import type { Environment } from './environment.ts';

export interface KeyPlace {
  /** Folder of gpg that gets the keys and has no others. */
  readonly home: string;
  readonly environment: Environment;
  /** What is to be verified by them: `a commit`. */
  readonly subject: string;
}

interface GpgResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

/** Runs gpg in a folder of its own, where it asks nobody anything. Throws `GIT_NO_VERIFIER` where there is none. */
export async function runGpg(
  args: readonly string[],
  { home, environment, subject }: KeyPlace,
): Promise<GpgResult> {
  const result = await execa(
    'gpg',
    ['--homedir', home, '--batch', '--quiet', '--no-autostart', ...args],
    {
      env: { ...environment },
      extendEnv: false,
      reject: false,
    },
  );
  if (result.code === 'ENOENT') throw noVerifier('gpg', 'gnupg', { subject, cause: result });
  return result;
}

/** Takes OpenPGP public keys out of a file. Throws `GIT_BAD_CREDENTIALS`, `GIT_NO_VERIFIER`. */
export async function importKeys(file: string, place: KeyPlace): Promise<void> {
  const result = await runGpg(['--import', file], place);
  if (!result.failed) return;
  throw new ToolError(
    'GIT_BAD_CREDENTIALS',
    `The keys in ${file} cannot be read: ${result.stderr}.`,
    {
      hint: 'Write the file anew with gpg --export KEY….',
      disposition: 'retry',
    },
  );
}

export function noVerifier(
  program: string,
  debianPackage: string,
  { subject, cause }: { readonly subject: string; readonly cause: unknown },
): ToolError {
  return new ToolError(
    'GIT_NO_VERIFIER',
    `The signature of ${subject} cannot be verified: the program ${program} was not found.`,
    {
      hint: `Install it (on Debian: ${debianPackage}) and see that it is in PATH. Until then no new ${subject.replace(/^an? /, '')} is taken.`,
      disposition: 'retry',
      cause,
    },
  );
}
