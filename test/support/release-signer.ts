import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Scope } from './site.ts';

const run = promisify(execFile);

/** Somebody with a key, who signs releases as Red Hat does. */
export interface ReleaseSigner {
  /** As `gpg --export` writes it. */
  readonly publicKey: Uint8Array;
  /** Signs that a digest is an image; `options` go to gpg. */
  sign(digest: string, options?: readonly string[]): Promise<Uint8Array>;
  signText(text: string, options?: readonly string[]): Promise<Uint8Array>;
}

export async function createReleaseSigner(t: Scope): Promise<ReleaseSigner> {
  const home = await mkdtemp(join(tmpdir(), 'olmirror-signer-'));
  async function gpg(...args: readonly string[]): Promise<Buffer> {
    const all = ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback'];
    const { stdout } = await run('gpg', [...all, '--passphrase', '', ...args], {
      encoding: 'buffer',
    });
    return stdout;
  }
  t.after(async () => {
    await run('gpgconf', ['--homedir', home, '--kill', 'all']);
    await rm(home, { recursive: true, force: true });
  });
  await gpg('--quick-generate-key', 'release@example.com', 'rsa2048', 'sign', 'never');
  const publicKey = await gpg('--export');
  async function signText(text: string, options: readonly string[] = []): Promise<Uint8Array> {
    const file = join(home, 'text');
    await writeFile(file, text);
    await gpg('--yes', '--output', `${file}.gpg`, ...options, '--sign', file);
    return readFile(`${file}.gpg`);
  }
  return {
    publicKey,
    signText,
    sign: (digest, options) => signText(claimOf(digest), options),
  };
}

/** What is signed of an image. */
export function claimOf(digest: string): string {
  return JSON.stringify({
    critical: {
      image: { 'docker-manifest-digest': digest },
      type: 'atomic container signature',
      identity: { 'docker-reference': 'quay.io/openshift-release-dev/ocp-release:4.20.3-x86_64' },
    },
    optional: { creator: 'test' },
  });
}
