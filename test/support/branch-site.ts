import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGitServer } from './git-server.ts';
import {
  type CliResult,
  createSite,
  pushIndex,
  pushOperator,
  type Scope,
  type Site,
} from './site.ts';

/** A site whose state lies at a Git server, and whose clone follows it as `origin`. */
export interface BranchSite extends Site {
  /** Bare repository behind the server. */
  readonly bare: string;
  readonly url: string;
  letIn(login: string | null): void;
  merge(...args: readonly string[]): Promise<CliResult>;
  /** git in the bare repository. */
  remote(...args: readonly string[]): string;
  /** Pushes operators and an index of them into staging; `{ alpha: ['1.0.0'] }`. */
  deliver(operators: Readonly<Record<string, readonly string[]>>): Promise<void>;
  /** A person's clone at a branch, and what pushes from it. */
  clone(branch: string): Promise<Person>;
}

export interface Person {
  readonly folder: string;
  git(...args: readonly string[]): string;
  write(path: string, text: string): Promise<void>;
  push(message: string): void;
}

/** Of the catalog of every site. */
export const BRANCH = 'olmirror/idx';

export async function createBranchSite(t: Scope): Promise<BranchSite> {
  const site = await createSite(t);
  const repos = join(site.folder, 'repos');
  const bare = join(repos, 'state.git');
  await mkdir(repos);
  await site.commit('state');
  await site.git('clone', '-q', '--bare', site.state, bare);
  const server = await startGitServer(t, repos);
  const url = `${server.url}state.git`;
  await site.git('remote', 'add', 'origin', url);
  function run(folder: string, args: readonly string[]): string {
    return execFileSync(
      'git',
      ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args],
      {
        cwd: folder,
        env: site.environment(),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    ).trim();
  }
  let clones = 0;
  return {
    ...site,
    bare,
    url,
    letIn: (login) => server.letIn(login),
    merge: (...args) => site.olmirror(['merge', '--branch', '--push', ...args]),
    remote: (...args) => run(bare, args),
    async deliver(operators) {
      const packages = Object.entries(operators).map(async ([name, versions]) => [
        name,
        await pushOperator(site.staging.host, { name, versions }),
      ]);
      await pushIndex(site.staging.host, Object.fromEntries(await Promise.all(packages)));
    },
    async clone(branch) {
      clones += 1;
      const folder = join(site.folder, `person-${clones}`);
      run(site.folder, ['clone', '-q', '-b', branch, bare, folder]);
      return {
        folder,
        git: (...args) => run(folder, args),
        write: (path, text) => writeFile(join(folder, path), text),
        push(message) {
          run(folder, ['add', '-A']);
          run(folder, ['commit', '-qm', message]);
          run(folder, ['push', '-q', 'origin', 'HEAD']);
        },
      };
    },
  };
}

/** Names of a package's bundles at a commit of the server. */
export function listBundles(
  world: Pick<BranchSite, 'remote'>,
  revision: string,
  name: string,
): readonly string[] {
  const text = world.remote('show', `${revision}:catalogs/idx/${name}/catalog.json`);
  return [...text.matchAll(/"name": "(\S+\.v[\d.]+)",\s+"package"/g)].map(
    ([, bundle = '']) => bundle,
  );
}
