import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openGitRepository } from '../../src/git/git-repository.ts';
import type { GitWorld } from '../contracts/git.ts';

/** No settings of this machine, no proxies. */
export const GIT_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    env: GIT_ENVIRONMENT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

export function makeTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'olmirror-git-'));
}

export function writeAt(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

export interface RealWorldOptions {
  /** Folder of the manifest below the repository's top. */
  readonly subfolder?: string;
  readonly init?: readonly string[];
}

/** A real repository in a temporary folder. */
export async function openRealWorld(
  options: RealWorldOptions = {},
): Promise<GitWorld & { readonly top: string }> {
  const root = makeTemporaryFolder();
  const top = join(root, 'state');
  const folder = join(top, options.subfolder ?? '');
  mkdirSync(folder, { recursive: true });
  git(top, 'init', '--quiet', '--initial-branch=main', ...(options.init ?? []));
  return {
    top,
    git: await openGitRepository(folder, { environment: GIT_ENVIRONMENT }),
    write: (path, text) => writeAt(folder, path, text),
    remove: (path) => rmSync(join(folder, path)),
    commit(message) {
      git(top, 'add', '--all');
      git(top, 'commit', '--quiet', '--allow-empty', '-m', message);
      return git(top, 'rev-parse', 'HEAD');
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}
