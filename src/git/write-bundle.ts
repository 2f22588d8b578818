import { appendFile, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { collectAll } from '../base/collect-all.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { BundleRequest, History } from './port.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';

const MOST_BEFORE = 1000;

export async function describeHistory(
  place: GitPlace,
  prefix: string,
  revision: string,
): Promise<History> {
  const [count, before, branch, shallow] = await Promise.all([
    runGit(place, ['rev-list', '--count', revision]),
    runGit(place, ['rev-list', '--skip=1', `--max-count=${MOST_BEFORE}`, revision]),
    tryGit(place, ['symbolic-ref', '--quiet', '--short', 'HEAD']),
    findPath(place, 'shallow').then(readIfThere),
  ]);
  return {
    prefix,
    branch: branch === null || branch === '' ? null : trimEnd(branch),
    commits: Number(trimEnd(count)),
    before: splitLines(before),
    shallow: splitLines(shallow).toSorted(),
  };
}

/**
 * Makes the bundle in a bare repository of its own that borrows the objects: a bundle needs a name for
 * its commit, and the repository of the user, which may be read-only, gets none.
 */
export async function writeBundle(
  place: GitPlace,
  { revision, branch, since, file }: BundleRequest,
  signal?: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(dirname(file), 'bundle-'));
  try {
    const borrower: GitPlace = { folder, environment: place.environment };
    const [objects = '', shallow = ''] = await collectAll([
      findPath(place, 'objects'),
      findPath(place, 'shallow'),
      initialize(place, borrower, branch),
    ]);
    await borrow(folder, { objects, shallow });
    await runGit(borrower, ['update-ref', `refs/heads/${branch}`, revision]);
    const names = ['HEAD', `refs/heads/${branch}`];
    const left = since === null ? [] : [`^${since}`];
    await runGit(borrower, ['bundle', 'create', '--quiet', file, ...names, ...left], { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function initialize(place: GitPlace, borrower: GitPlace, branch: string): Promise<string> {
  const format = trimEnd(await runGit(place, ['rev-parse', '--show-object-format']));
  return runGit(borrower, [
    'init',
    '--quiet',
    '--bare',
    `--object-format=${format}`,
    `--initial-branch=${branch}`,
    '--template=',
  ]);
}

/** What of a repository is borrowed, as paths. */
interface Lent {
  readonly objects: string;
  readonly shallow: string;
}

async function borrow(folder: string, { objects, shallow }: Lent): Promise<void> {
  try {
    await appendFile(join(folder, 'objects/info/alternates'), `${objects}\n`);
    if ((await readIfThere(shallow)) !== '') await copyFile(shallow, join(folder, 'shallow'));
  } catch (error) {
    throw new ToolError('GIT_FAILED', `${folder} cannot be written: ${messageOf(error)}.`, {
      cause: error,
      disposition: 'retry',
      hint: 'Check that the disk has room.',
    });
  }
}

async function findPath(place: GitPlace, name: string): Promise<string> {
  return resolve(place.folder, trimEnd(await runGit(place, ['rev-parse', '--git-path', name])));
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function splitLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
