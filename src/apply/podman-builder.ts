import { rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { execa } from 'execa';
import { ToolError } from '../base/tool-error.ts';
import { buildMissingError, buildRunError, buildStopError } from './podman-errors.ts';
import {
  listGlobalArguments,
  type PodmanPlaces,
  preparePlaces,
  removeRunFolder,
} from './podman-places.ts';
import type { BuildRequest, ImageBuild, ImageBuilder } from './port.ts';
import type { Environment } from './skopeo-arguments.ts';
import { watchProcess } from './watch-process.ts';

export interface PodmanOptions {
  /** Default `podman`, looked up in PATH. */
  readonly podmanPath?: string;
  /** For one run; default an hour. */
  readonly timeoutMilliseconds?: number;
  /** A run that says nothing for so long is stopped: opm is silent while it makes a cache. Default 20 minutes. */
  readonly idleMilliseconds?: number;
  /** Only PATH is taken. */
  readonly environment: Environment;
}

/**
 * Builds by running podman, one process group per run, with storage, settings and home in the
 * workspace: neither the images nor the configuration nor the credentials of the user are seen.
 */
export function createPodmanBuilder(options: PodmanOptions): ImageBuilder {
  return {
    async assertReady(): Promise<void> {
      const result = await execa(options.podmanPath ?? 'podman', ['--version'], {
        env: { PATH: options.environment['PATH'] ?? '' },
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
        timeout: 20_000,
      });
      if (result.failed) throw buildMissingError(options.podmanPath ?? 'podman', result);
    },
    async build(request, signal): Promise<void> {
      const places = await preparePlaces(request.workspace, options.environment);
      const run = { request, places, signal, options };
      for (const { name, folder } of request.images) await loadImage(run, name, folder);
      for (const build of request.builds) await buildImage(run, build);
    },
    remove: (workspace) => removeWorkspace(workspace, options),
  };
}

interface Run {
  readonly request: BuildRequest;
  readonly places: PodmanPlaces;
  readonly signal: AbortSignal | undefined;
  readonly options: PodmanOptions;
}

async function loadImage(run: Run, name: string, folder: string): Promise<void> {
  const title = 'what its stages start from';
  const folderName = relative(run.request.workspace, folder);
  const output = await runPodman(run, title, ['pull', '--quiet', `dir:${folderName}`]);
  const id = output.match(/^[0-9a-f]{64}$/m)?.[0];
  if (id === undefined) throw buildRunError(title, { output, exitCode: 0 });
  await runPodman(run, title, ['tag', id, name]);
}

// chroot: needs neither a runtime nor namespaces, so that it works in containers too; it has the
// machine's network, of which nothing here makes use. A time of its own would change every layer. What is
// cached of one platform would be taken for another on scratch, so nothing is.
async function buildImage(run: Run, build: ImageBuild): Promise<void> {
  const { title, dockerfile, compression, layout } = build;
  const name = 'localhost/olmirror:built';
  await runPodman(run, title, [
    'build',
    '--isolation=chroot',
    '--network=host',
    '--pull=never',
    '--no-cache',
    '--timestamp=0',
    '--format=oci',
    `--file=${dockerfile}`,
    `--tag=${name}`,
    run.request.context,
  ]);
  const push = ['push', '--quiet', '--format=oci', `--compression-format=${compression}`];
  // Relative, because a colon in a path would end it.
  const target = relative(run.request.workspace, layout);
  await runPodman(run, title, [...push, name, `oci:${target}:built`]);
}

/** Both outputs as they came; throws where the run fails or is stopped. */
async function runPodman(run: Run, title: string, command: readonly string[]): Promise<string> {
  const { places, signal, options } = run;
  if (signal?.aborted === true) throw buildStopError(title, 'aborted');
  const child = execa(
    options.podmanPath ?? 'podman',
    [...listGlobalArguments(places), ...command],
    {
      env: places.environment,
      extendEnv: false,
      cwd: run.request.workspace,
      stdin: 'ignore',
      all: true,
      reject: false,
      // A group of its own: Ctrl-C does not reach it, and all of it can be killed.
      detached: true,
    },
  );
  const watch = watchProcess(child, {
    totalMilliseconds: options.timeoutMilliseconds ?? 3_600_000,
    idleMilliseconds: options.idleMilliseconds ?? 1_200_000,
    signal,
  });
  const result = await child;
  const stopped = watch.end();
  if (stopped !== null) throw buildStopError(title, stopped);
  const output = result.all ?? '';
  if (!result.failed) return output;
  throw buildRunError(title, {
    output: output || (result.originalMessage ?? ''),
    exitCode: result.exitCode,
  });
}

// Without root, layers hold files of users that only exist within podman, and only there can they be removed.
async function removeWorkspace(workspace: string, options: PodmanOptions): Promise<void> {
  await removeRunFolder(workspace);
  try {
    await rm(workspace, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    const result = await execa(
      options.podmanPath ?? 'podman',
      ['unshare', 'rm', '-rf', '--', workspace],
      {
        env: { PATH: options.environment['PATH'] ?? '', HOME: options.environment['HOME'] ?? '/' },
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
      },
    );
    if (!result.failed) return;
    throw new ToolError('APPLY_BUILD_FAILED', `${workspace} cannot be removed.`, {
      cause: error,
      hint: `Remove it by hand: podman unshare rm -rf ${workspace}`,
    });
  }
}
