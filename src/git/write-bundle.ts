import { appendFile, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { BundleRequest, History } from './port.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';

const MOST_BEFORE = 1000;

export async function describeHistory(
  place: GitPlace,
  prefix: string,
  revision: string,
): Promise<History> {
  const count = await runGit(place, ['rev-list', '--count', revision]);
  const before = await runGit(place, [
    'rev-list',
    '--skip=1',
    `--max-count=${MOST_BEFORE}`,
    revision,
  ]);
  const branch = await tryGit(place, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  return {
    prefix,
    branch: branch === null || branch === '' ? null : trimEnd(branch),
    commits: Number(trimEnd(count)),
    before: splitLines(before),
    shallow: splitLines(await readIfThere(await findPath(place, 'shallow'))).toSorted(),
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
    const format = trimEnd(await runGit(place, ['rev-parse', '--show-object-format']));
    const borrower: GitPlace = { folder, environment: place.environment };
    await runGit(borrower, [
      'init',
      '--quiet',
      '--bare',
      `--object-format=${format}`,
      `--initial-branch=${branch}`,
      '--template=',
    ]);
    await borrow(place, folder);
    await runGit(borrower, ['update-ref', `refs/heads/${branch}`, revision]);
    const names = ['HEAD', `refs/heads/${branch}`];
    const left = since === null ? [] : [`^${since}`];
    await runGit(borrower, ['bundle', 'create', '--quiet', file, ...names, ...left], { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function borrow(place: GitPlace, folder: string): Promise<void> {
  const shallow = await findPath(place, 'shallow');
  try {
    await appendFile(
      join(folder, 'objects/info/alternates'),
      `${await findPath(place, 'objects')}\n`,
    );
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
