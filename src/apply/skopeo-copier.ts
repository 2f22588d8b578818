import { resolve } from 'node:path';
import { type Environment, keepForChildren } from '../base/child-environment.ts';
import { ToolError } from '../base/tool-error.ts';
import { withDisk } from './disk-error.ts';
import type { Copier, CopyRequest, RegistryAccess } from './port.ts';
import { type RunGroup, type RunLimits, runGroup } from './run-group.ts';
import { buildCopyArguments, buildEnvironment, type SkopeoPlaces } from './skopeo-arguments.ts';
import { buildCopyError, formatCopy } from './skopeo-errors.ts';
import { createPlaceMaker, type PlaceOptions } from './skopeo-places.ts';
import { breaksZstdIndexes, readSkopeoVersion } from './skopeo-version.ts';

/** One large layer is silent while it moves: a copy needs more idle time than it seems. */
export interface SkopeoOptions extends RunLimits, PlaceOptions {
  /** Default `skopeo`, looked up in PATH. */
  readonly skopeoPath?: string;
  /** Default: from this process itself. */
  readonly runGroup?: RunGroup;
  /** Called when copies are about to come. */
  readonly onReadying?: () => void;
}

/** Copies by running skopeo, one process of its own group per copy. */
export function createSkopeoCopier(options: SkopeoOptions): Copier {
  let version: Promise<string> | null = null;
  const maker = createPlaceMaker(options);
  const kept = keepForChildren(options.environment);
  function askOnce(): Promise<string> {
    version ??= readSkopeoVersion(options.skopeoPath ?? 'skopeo', pathOnly(options.environment));
    return version;
  }
  return {
    async assertReady(): Promise<void> {
      options.onReadying?.();
      await askOnce();
    },
    breaksZstdIndexes: async () => breaksZstdIndexes(await askOnce()),
    async copy(asked, signal): Promise<void> {
      const request = nameAuthFiles(asked, options);
      const places = await withDisk(formatCopy(request), () => maker.open(request));
      try {
        await runCopy(request, places, { ...options, kept, signal });
      } finally {
        maker.close(places);
      }
    },
    forget: maker.forget,
  };
}

/** REGISTRY_AUTH_FILE as an argument, since it may be relative to this process and not to the run's folder. */
function nameAuthFiles(request: CopyRequest, { environment }: SkopeoOptions): CopyRequest {
  const file = environment['REGISTRY_AUTH_FILE'];
  if (!file) return request;
  const { sourceAccess, destinationAccess } = request;
  function name(access: RegistryAccess): RegistryAccess {
    return { ...access, authFile: access.authFile ?? resolve(file ?? '') };
  }
  return {
    ...request,
    sourceAccess: sourceAccess && name(sourceAccess),
    destinationAccess: name(destinationAccess),
  };
}

function pathOnly(environment: Environment): Record<string, string> {
  return { PATH: environment['PATH'] ?? '' };
}

interface RunOptions extends SkopeoOptions {
  /** Of the environment, for skopeo. */
  readonly kept: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

async function runCopy(
  request: CopyRequest,
  places: SkopeoPlaces,
  { kept, signal, ...options }: RunOptions,
): Promise<void> {
  if (signal?.aborted === true) throw interrupted(request);
  const { stopped, failed, exitCode, errors } = await (options.runGroup ?? runGroup)({
    program: options.skopeoPath ?? 'skopeo',
    args: buildCopyArguments(request, places),
    environment: buildEnvironment(request, kept, places),
    folder: 'layout' in request.source ? request.source.layout : places.runFolder,
    keepsOutput: false,
    limits: options,
    signal,
  });
  if (stopped === 'aborted') throw interrupted(request);
  if (stopped !== null) throw timedOut(request, stopped);
  if (failed) throw buildCopyError(request, { exitCode, stderr: errors });
}

function interrupted(request: CopyRequest): ToolError {
  return new ToolError('APPLY_INTERRUPTED', `${formatCopy(request)} was interrupted.`, {
    disposition: 'retry',
    hint: 'Run the command again; it goes on where this one stopped.',
  });
}

function timedOut(request: CopyRequest, why: 'timeout' | 'idle'): ToolError {
  const text = why === 'idle' ? 'made no progress for too long' : 'took too long';
  return new ToolError('APPLY_COPY_TIMEOUT', `${formatCopy(request)} ${text} and was stopped.`, {
    disposition: 'retry',
    hint: 'Check that both registries answer; a slow link may need a longer time-out.',
  });
}
