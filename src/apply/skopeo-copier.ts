import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Environment, keepForChildren } from '../base/child-environment.ts';
import { ToolError } from '../base/tool-error.ts';
import { withDisk } from './disk-error.ts';
import {
  type Copier,
  type CopyRequest,
  NOTHING_PUSHED,
  type PushEnd,
  type PushRequest,
  type RegistryAccess,
} from './port.ts';
import {
  type GroupResult,
  type GroupRun,
  type RunGroup,
  type RunLimits,
  runGroup,
} from './run-group.ts';
import {
  type Accesses,
  buildCopyArguments,
  buildEnvironment,
  type SkopeoPlaces,
} from './skopeo-arguments.ts';
import { buildCopyError, formatCopy } from './skopeo-errors.ts';
import { createPlaceMaker, type PlaceOptions } from './skopeo-places.ts';
import { buildPushArguments, readPushLog } from './skopeo-push.ts';
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
      const request = { ...asked, ...nameAuthFiles(asked, options) };
      const source = 'layout' in request.source ? null : request.source;
      const places = await withDisk(formatCopy(request), () => maker.open({ ...request, source }));
      try {
        await runCopy(request, places, { ...options, kept, signal });
      } finally {
        maker.close(places);
      }
    },
    async pushImages({ host, access, fill }, signal): Promise<PushEnd> {
      const accesses = nameAuthFiles({ sourceAccess: null, destinationAccess: access }, options);
      const ends = { source: null, destination: { host } };
      const places = await withDisk(formatPush(host), () =>
        maker.open({ ...accesses, ...ends, sharesLayers: false }),
      );
      try {
        const folder = join(places.runFolder, 'images');
        await withDisk(formatPush(host), () => mkdir(folder));
        const names = await fill(folder);
        if (names.length === 0) return NOTHING_PUSHED;
        const request = { host, access: accesses.destinationAccess, folder, names };
        return await runPush(request, places, { ...options, kept, signal });
      } finally {
        maker.close(places);
      }
    },
    forget: maker.forget,
  };
}

/** REGISTRY_AUTH_FILE as an argument, since it may be relative to this process and not to the run's folder. */
function nameAuthFiles(
  { sourceAccess, destinationAccess }: Accesses,
  { environment }: SkopeoOptions,
): Accesses {
  const file = environment['REGISTRY_AUTH_FILE'];
  if (!file) return { sourceAccess, destinationAccess };
  function name(access: RegistryAccess): RegistryAccess {
    return { ...access, authFile: access.authFile ?? resolve(file ?? '') };
  }
  return {
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
  options: RunOptions,
): Promise<void> {
  const { stopped, failed, exitCode, errors } = await runSkopeo(
    {
      what: formatCopy(request),
      args: buildCopyArguments(request, places),
      environment: buildEnvironment(request, options.kept, places),
      folder: 'layout' in request.source ? request.source.layout : places.runFolder,
    },
    options,
  );
  if (stopped !== null) throw timedOut(request, stopped);
  if (failed) throw buildCopyError(request, { exitCode, stderr: errors });
}

interface FolderPush extends Omit<PushRequest, 'fill'> {
  readonly folder: string;
  readonly names: readonly string[];
}

async function runPush(
  { folder, names, ...request }: FolderPush,
  places: SkopeoPlaces,
  options: RunOptions,
): Promise<PushEnd> {
  const { failed, errors } = await runSkopeo(
    {
      what: formatPush(request.host),
      args: buildPushArguments(request, places, folder),
      environment: buildEnvironment({ isSmall: true }, options.kept, places),
      folder: places.runFolder,
    },
    options,
  );
  return readPushLog(request.host, { names, succeeded: !failed, errors });
}

interface SkopeoRun extends Pick<GroupRun, 'args' | 'environment' | 'folder'> {
  /** For people, in an error. */
  readonly what: string;
}

/** Runs skopeo to its end or time-out; throws `APPLY_INTERRUPTED` where it was aborted. */
async function runSkopeo(
  { what, ...run }: SkopeoRun,
  { signal, ...options }: RunOptions,
): Promise<SkopeoResult> {
  if (signal?.aborted === true) throw interrupted(what);
  const { stopped, ...result } = await (options.runGroup ?? runGroup)({
    ...run,
    program: options.skopeoPath ?? 'skopeo',
    keepsOutput: false,
    limits: options,
    signal,
  });
  if (stopped === 'aborted') throw interrupted(what);
  return { ...result, stopped };
}

interface SkopeoResult extends Omit<GroupResult, 'stopped'> {
  readonly stopped: Exclude<GroupResult['stopped'], 'aborted'>;
}

function formatPush(host: string): string {
  return `Push of several images to ${host}`;
}

function interrupted(what: string): ToolError {
  return new ToolError('APPLY_INTERRUPTED', `${what} was interrupted.`, {
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
