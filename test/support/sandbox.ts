import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { CLI } from './cli.ts';
import { type CliResult, collect } from './site.ts';

/** A folder without a repository, a manifest or a registry, and the real command in it. */
export interface Sandbox {
  readonly folder: string;
  olmirror(...args: readonly string[]): Promise<CliResult>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  /** Every file below a path, relative to it, in order. */
  list(path: string): Promise<readonly string[]>;
}

export async function createSandbox(t: Pick<TestContext, 'after'>): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-sandbox-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    NODE_COMPILE_CACHE: join(tmpdir(), 'olmirror-compile-cache'),
  };
  return {
    folder,
    olmirror: (...args) =>
      collect(
        spawn(process.execPath, [CLI, ...args], {
          cwd: folder,
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      ),
    async write(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    read: (path) => readFile(join(folder, path), 'utf8'),
    async list(path) {
      const found = await readdir(join(folder, path), { recursive: true, withFileTypes: true });
      return found
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, path).length + 1))
        .toSorted();
    },
  };
}
