import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { redactRemote } from '../base/redact.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { buildGitEnvironment, type Environment } from './environment.ts';
import { openGitRepository } from './git-repository.ts';
import type { GitPort, RemoteAccess } from './port.ts';
import { type GitPlace, runGit } from './run-git.ts';

export interface MirrorCloneOptions {
  readonly url: string;
  /** Branch or tag. */
  readonly ref: string;
  /** Folder of the bare clone, made if it is not there; it belongs to olmirror. */
  readonly folder: string;
  /** What git runs with; default: the environment of this process. */
  readonly environment?: Environment;
  /** Default: as git itself is set up. */
  readonly access?: RemoteAccess;
}

/** A bare clone that follows one branch or tag of a remote. */
export interface MirrorClone extends GitPort {
  /** Fetches and returns the commit that `ref` has now; `HEAD` names it from then on. */
  fetch(signal?: AbortSignal): Promise<string>;
}

/**
 * Opens the clone without asking the remote: until the first `fetch`, `HEAD` is the commit that an
 * earlier process fetched, or none. The URL's credentials are not stored in it.
 */
export async function openMirrorClone(options: MirrorCloneOptions): Promise<MirrorClone> {
  const folder = resolve(options.folder);
  // oxlint-disable-next-line node/no-process-env -- as for `openGitRepository`.
  const environment = options.environment ?? process.env;
  const place: GitPlace = { folder, environment: buildGitEnvironment(environment) };
  await makeFolder(folder);
  await runGit(place, ['init', '--bare', '--quiet']);
  const { access } = options;
  const git = await openGitRepository(folder, {
    environment,
    ...(access === undefined ? {} : { access }),
  });
  return {
    ...describeRemote(git, options),
    async fetch(signal) {
      const commit = await git.fetchRevision(options.url, options.ref, { signal });
      await runGit(place, ['update-ref', '--no-deref', 'HEAD', commit]);
      return commit;
    },
  };
}

// A bare clone knows neither the branch that is followed nor where it came from.
function describeRemote(
  git: GitPort,
  { url, ref }: Pick<MirrorCloneOptions, 'url' | 'ref'>,
): GitPort {
  return {
    ...git,
    enter: (folder) => describeRemote(git.enter(folder), { url, ref }),
    async describeHistory(revision) {
      const branch = /^(?:HEAD|refs\/tags\/.*)$/.test(ref)
        ? null
        : ref.replace(/^refs\/heads\//, '');
      return { ...(await git.describeHistory(revision)), branch };
    },
    readRemoteUrl: () => Promise.resolve(redactRemote(url)),
  };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ToolError(
      'GIT_FAILED',
      `The folder ${folder} for the clone cannot be made: ${messageOf(error)}.`,
      { hint: 'Check the permissions of the state folder.', cause: error },
    );
  }
}
