import { rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { execa } from 'execa';
import type { Environment } from '../base/child-environment.ts';
import { ToolError } from '../base/tool-error.ts';
import { buildMissingError, buildRunError, buildStopError } from './podman-errors.ts';
import {
  listGlobalArguments,
  type PodmanPlaces,
  preparePlaces,
  removeShortFolder,
} from './podman-places.ts';
import type { BuildRequest, ImageBuild, ImageBuilder } from './port.ts';
import { askVersion, type RunGroup, type RunLimits, runGroup } from './run-group.ts';

/** opm is silent while it makes a cache: a build needs more idle time than it seems. */
export interface PodmanOptions extends RunLimits {
  /** Default `podman`, looked up in PATH. */
  readonly podmanPath?: string;
  /** Only PATH is taken. */
  readonly environment: Environment;
  /** Default: from this process itself. */
  readonly runGroup?: RunGroup;
}

/**
 * Builds by running podman, one process group per run, with storage, settings and home in the
 * workspace: neither the images nor the configuration nor the credentials of the user are seen.
 */
export function createPodmanBuilder(options: PodmanOptions): ImageBuilder {
  return {
    async assertReady(): Promise<void> {
      const program = options.podmanPath ?? 'podman';
      await askVersion({
        program,
        environment: { PATH: options.environment['PATH'] ?? '' },
        fail: (why, cause) => buildMissingError(program, { why, cause }),
      });
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
  const { stopped, failed, exitCode, output } = await (options.runGroup ?? runGroup)({
    program: options.podmanPath ?? 'podman',
    args: [...listGlobalArguments(places), ...command],
    environment: places.environment,
    folder: run.request.workspace,
    keepsOutput: true,
    limits: options,
    signal,
  });
  if (stopped !== null) throw buildStopError(title, stopped);
  if (failed) throw buildRunError(title, { output, exitCode });
  return output;
}

// Without root, layers hold files of users that only exist within podman, and only there can they be removed.
async function removeWorkspace(workspace: string, options: PodmanOptions): Promise<void> {
  await removeShortFolder(workspace);
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
