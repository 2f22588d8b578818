import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import { buildGitEnvironment, type Environment } from './environment.ts';
import { resolveRevision } from './read-commits.ts';
import { type GitPlace, runGit } from './run-git.ts';

export interface Restoration {
  /** Made where it is not there; must be empty. */
  readonly folder: string;
  /** Files of bundles, each on top of those before it. */
  readonly bundles: readonly string[];
  readonly branch: string;
  /** Full id of the commit that the last bundle ends with. */
  readonly revision: string;
  /** As `History.shallow`. */
  readonly shallow: readonly string[];
  /** Commits of which is to be said whether they belong to that history. */
  readonly others: readonly string[];
  /** What git runs with; default: the environment of this process. */
  readonly environment?: Environment;
}

/**
 * Makes a repository out of bundles, with its branch checked out, and returns those of `others` that do
 * not belong to its history; where there are any, or where it fails, the folder is left as it was. Throws
 * `FILES_EXISTS` for a folder that is not empty, `GIT_BAD_BUNDLE` for what git does not take.
 */
export async function restoreRepository(
  restoration: Restoration,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const folder = resolve(restoration.folder);
  const made = await claimFolder(folder);
  try {
    const foreign = await restore({ ...restoration, folder }, signal);
    if (foreign.length > 0) await empty(folder, made);
    return foreign;
  } catch (error) {
    await empty(folder, made);
    throw error;
  }
}

/** Throws `FILES_EXISTS` unless a repository may be restored into the folder. */
export async function assertRestorable(folder: string): Promise<void> {
  if ((await listFolder(resolve(folder))).length === 0) return;
  throw new ToolError('FILES_EXISTS', `The folder ${folder} is not empty. Nothing was changed.`, {
    hint: 'Name a folder that is empty or does not exist yet with --into.',
  });
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw unwritable(folder, error);
  }
}

/** The topmost folder that had to be made; null where all were there. */
async function claimFolder(folder: string): Promise<string | null> {
  await assertRestorable(folder);
  try {
    return (await mkdir(folder, { recursive: true })) ?? null;
  } catch (error) {
    throw unwritable(folder, error);
  }
}

async function empty(folder: string, made: string | null): Promise<void> {
  if (made !== null) return rm(made, { recursive: true, force: true });
  for (const name of await readdir(folder))
    await rm(join(folder, name), { recursive: true, force: true });
}

async function restore(
  { folder, bundles, branch, revision, shallow, others, environment }: Restoration,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  // oxlint-disable-next-line node/no-process-env -- as for `openGitRepository`.
  const place: GitPlace = { folder, environment: buildGitEnvironment(environment ?? process.env) };
  const format = revision.length === 64 ? 'sha256' : 'sha1';
  await runGit(place, [
    'init',
    '--quiet',
    `--object-format=${format}`,
    `--initial-branch=${branch}`,
  ]);
  if (shallow.length > 0)
    await writeFile(join(folder, '.git/shallow'), shallow.map((line) => `${line}\n`).join(''));
  for (const bundle of bundles) await takeBundle(place, { bundle, branch }, signal);
  const found = await resolveRevision(place, TAKEN);
  if (found !== revision)
    throw badBundle(`it ends with the commit ${found ?? 'none'}, not with ${revision}`);
  const foreign: string[] = [];
  for (const other of others)
    if ((await resolveRevision(place, other)) === null) foreign.push(other);
  if (foreign.length > 0) return foreign;
  await runGit(place, ['checkout', '--quiet', '-B', branch, TAKEN], { signal });
  await runGit(place, ['update-ref', '-d', TAKEN]);
  return [];
}

const TAKEN = 'refs/olmirror/recovered';

async function takeBundle(
  place: GitPlace,
  { bundle, branch }: { readonly bundle: string; readonly branch: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await runGit(place, ['bundle', 'verify', '--quiet', bundle], { signal });
    const wanted = `+refs/heads/${branch}:${TAKEN}`;
    const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
    await runGit(place, ['fetch', ...options, bundle, wanted], { signal });
  } catch (error) {
    if (!isToolError(error, 'GIT_FAILED')) throw error;
    throw badBundle(error.message.replace(/\.$/, ''), error);
  }
}

function badBundle(why: string, cause?: unknown): ToolError {
  return new ToolError('GIT_BAD_BUNDLE', `A bundle of the image cannot be restored: ${why}.`, {
    cause,
    hint: 'Name an earlier backup of that repository as REPOSITORY:TAG.',
  });
}

function unwritable(folder: string, error: unknown): ToolError {
  return new ToolError('FILES_UNWRITABLE', `${folder} cannot be used: ${messageOf(error)}.`, {
    cause: error,
    hint: 'Name another folder with --into.',
  });
}
