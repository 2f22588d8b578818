import { statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { redactRemote } from '../base/redact.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import {
  type NamedCommit,
  type Objects,
  openCommitFiles,
  openCommitSnapshot,
  openObjects,
  readCommitHead,
} from './commit-snapshot.ts';
import { buildGitEnvironment, type Environment } from './environment.ts';
import { fetchRevision } from './fetch-revision.ts';
import { descends, readMark, writeMark } from './marks.ts';
import { addNote, pushNotes, readNotes } from './notes.ts';
import { obtainRevision } from './obtain-revision.ts';
import type { GitPort, RemoteAccess, Snapshot } from './port.ts';
import { findMergeBase, resolveRevision } from './read-commits.ts';
import { PLAIN_ACCESS } from './remote-access.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';
import { traceText } from './trace-text.ts';
import { cleanPath } from './tree-path.ts';
import { verifyCommit } from './verify-commit.ts';
import { watchHead } from './watch-head.ts';
import { openWorkingTreeSnapshot } from './working-tree.ts';
import { describeHistory, writeBundle } from './write-bundle.ts';

export interface GitRepositoryOptions {
  /** What git runs with; default: the environment of this process. */
  readonly environment?: Environment;
  /** How Git servers are reached; default: as git itself is set up. */
  readonly access?: RemoteAccess;
}

/**
 * Opens the state repository that holds `folder`, which may lie below the repository's top or be a
 * bare clone. Throws `GIT_MISSING`, `GIT_NOT_A_REPOSITORY`.
 */
export async function openGitRepository(
  folder: string,
  options: GitRepositoryOptions = {},
): Promise<GitPort> {
  // oxlint-disable-next-line node/no-process-env -- git needs the PATH, HOME, agent and proxies of whoever runs olmirror.
  const environment = options.environment ?? process.env;
  const place: GitPlace = {
    folder: resolve(folder),
    environment: buildGitEnvironment(environment),
  };
  const hashing: { algorithm: string | null } = { algorithm: null };
  assertFolder(place.folder);
  const objects = openObjects(place);
  // Almost every command reads a commit next.
  objects.reader.start();
  const prefix = await findPrefix(place);
  return createPort({ place, folder: place.folder, prefix, hashing, objects }, options.access);
}

interface Repository {
  /** Where git runs: a folder that is there. */
  readonly place: GitPlace;
  /** The folder that is looked at, which need not be there. */
  readonly folder: string;
  /** The same within the repository, ending in `/`, or empty. */
  readonly prefix: string;
  /** How the repository names objects; null until it was asked. */
  readonly hashing: { algorithm: string | null };
  /** Remembered between commits. */
  readonly objects: Objects;
}

function createPort(repository: Repository, access: RemoteAccess = PLAIN_ACCESS): GitPort {
  const { place, folder, prefix, hashing, objects } = repository;
  return {
    folder,
    prefix,
    enter(path) {
      const clean = cleanPath(path);
      const top = resolve(folder, posix.relative(prefix, '') || '.');
      const inner = clean === '' ? '' : `${clean}/`;
      return createPort({ ...repository, folder: join(top, clean), prefix: inner }, access);
    },
    openCommit: (revision) => openCommit(place, { prefix, objects }, revision),
    openKnown: (commit, head) =>
      openCommitSnapshot(place, { prefix, head: { ...head, commit }, objects }),
    openFiles: (commit) => openCommitFiles(place, { prefix, commit, objects }),
    async openWorkingTree() {
      hashing.algorithm ??= await readAlgorithm(place);
      return openWorkingTreeSnapshot(folder, {
        algorithm: hashing.algorithm,
        listSubmodules: () => listSubmodules(place, prefix),
      });
    },
    resolveRevision: (revision) => resolveRevision(place, revision),
    listUncommitted: (paths) => listUncommitted(place, prefix, paths),
    describeHistory: (revision) => describeHistory(place, prefix, revision),
    writeBundle: (request, signal) => writeBundle(place, request, signal),
    traceText: (query, signal) => traceText({ place, prefix }, query, signal),
    readRemoteUrl: () => readRemoteUrl(place),
    fetchRevision: (remote, ref, hooks) => fetchRevision(place, { ...hooks, remote, ref, access }),
    obtainRevision: (revision, signal) => obtainRevision(place, { revision, access, signal }),
    findMergeBase: (a, b) => findMergeBase(place, a, b),
    descends: (newer, older) => descends(place, newer, older),
    readMark: (name) => readMark(place, name),
    writeMark: (name, revision) => writeMark(place, name, revision),
    verifyCommit: (revision, signers) => verifyCommit(place, revision, signers),
    readNotes: (revision) => readNotes(place, revision),
    addNote: (note) => addNote(place, note),
    pushNotes: (remote, signal) => pushNotes(place, { remote, access, signal }),
    watchHead: (onChange, onHint) => watchHead(place, onChange, onHint),
  };
}

function assertFolder(folder: string): void {
  if (!isFolder(folder))
    throw new ToolError('GIT_NOT_A_REPOSITORY', `The folder ${folder} does not exist.`, {
      hint: 'Give the folder of the state repository with -C.',
    });
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The folder within its repository, ending in `/`, or empty. */
async function findPrefix(place: GitPlace): Promise<string> {
  try {
    return trimEnd(await runGit(place, ['rev-parse', '--show-prefix']));
  } catch (error) {
    // The only other reason, a folder of another user, names the setting in every language.
    if (!isToolError(error, 'GIT_FAILED') || messageOf(error.cause).includes('safe.directory'))
      throw error;
    throw new ToolError(
      'GIT_NOT_A_REPOSITORY',
      `The folder ${place.folder} is not in a Git repository.`,
      {
        hint: 'Run git init there, or give the folder of the state repository with -C.',
        cause: error,
      },
    );
  }
}

async function readRemoteUrl(place: GitPlace): Promise<string | null> {
  const url = trimEnd(await runGit(place, ['config', '--get', 'remote.origin.url']));
  return url === '' ? null : redactRemote(url);
}

/** Null where there is no such commit. */
async function findHead(
  place: GitPlace,
  revision: string,
  objects: Objects,
): Promise<NamedCommit | null> {
  if (revision === '' || revision.startsWith('-')) return null;
  try {
    return await readCommitHead(place, revision, objects);
  } catch (error) {
    if (!isToolError(error, 'GIT_FAILED')) throw error;
    // One that is there and cannot be read is no missing one.
    if ((await resolveRevision(place, revision)) !== null) throw error;
    return null;
  }
}

async function openCommit(
  place: GitPlace,
  { prefix, objects }: { readonly prefix: string; readonly objects: Objects },
  revision: string,
): Promise<Snapshot> {
  const head = await findHead(place, revision, objects);
  if (head !== null) return openCommitSnapshot(place, { prefix, head, objects });
  if (revision === 'HEAD') {
    throw new ToolError('GIT_NO_COMMIT', `The repository ${place.folder} has no commit yet.`, {
      hint: 'Commit the state first: git add . && git commit -m "State of the mirror"; or use --working-tree.',
    });
  }
  throw new ToolError(
    'GIT_UNKNOWN_REVISION',
    `The repository ${place.folder} has no commit ${revision}.`,
    {
      hint: 'Check the name; in a shallow clone run git fetch --unshallow first.',
    },
  );
}

/** How the repository names objects; it must have a working tree. */
async function readAlgorithm(place: GitPlace): Promise<string> {
  const bare = trimEnd(await runGit(place, ['rev-parse', '--is-bare-repository']));
  if (bare === 'true')
    throw new ToolError(
      'GIT_FAILED',
      `The repository ${place.folder} is bare: it has no working tree.`,
      { hint: 'Read a commit instead.' },
    );
  return trimEnd(await runGit(place, ['rev-parse', '--show-object-format']));
}

// `<mode> <object id> <stage>\t<path>\0`.
async function listSubmodules(place: GitPlace, prefix: string): Promise<readonly string[]> {
  const below = prefix === '' ? ':(top)' : `:(top,literal)${prefix}`;
  const answer = await runGit(place, ['ls-files', '--stage', '--full-name', '-z', '--', below]);
  return answer
    .split('\0')
    .filter((line) => line.startsWith('160000 '))
    .map((line) => line.slice(line.indexOf('\t') + 1 + prefix.length));
}

async function listUncommitted(
  place: GitPlace,
  prefix: string,
  paths: readonly string[],
): Promise<readonly string[]> {
  const full = paths.map((path) => prefix + cleanPath(path));
  if (full.length === 0) return [];
  const only = full.includes('') ? [] : full.map((path) => `:(top,literal)${path}`);
  const answer = await runGit(place, [
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    '--no-renames',
    '--',
    ...only,
  ]);
  const entries = answer.split('\0').filter((entry) => entry !== '');
  return entries.map((entry) => entry.slice('XY '.length + prefix.length));
}
