import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '../base/child-environment.ts';
import { ToolError } from '../base/tool-error.ts';
import type { FindCertFolder } from '../registry/port.ts';
import { withDisk } from './disk-error.ts';
import { makeCertFolder } from './make-cert-folder.ts';
import type { Copier, CopyRequest, RegistryAccess } from './port.ts';
import { makePrivateHome } from './private-home.ts';
import { makeRunFolder, removeRunFolder } from './run-folder.ts';
import { type RunGroup, type RunLimits, runGroup } from './run-group.ts';
import {
  buildCopyArguments,
  buildEnvironment,
  looksUpCredentials,
  type SkopeoPlaces,
} from './skopeo-arguments.ts';
import { buildCopyError, formatCopy } from './skopeo-errors.ts';
import { breaksZstdIndexes, readSkopeoVersion } from './skopeo-version.ts';

/** One large layer is silent while it moves: a copy needs more idle time than it seems. */
export interface SkopeoOptions extends RunLimits {
  /** Default `skopeo`, looked up in PATH. */
  readonly skopeoPath?: string;
  readonly environment: Environment;
  readonly findCertFolder: FindCertFolder;
  /** Exists, and tells the next pass what a killed one left among temporary files. */
  readonly stateFolder: string;
  /** Default: from this process itself. */
  readonly runGroup?: RunGroup;
}

/** Of links in the state folder to the folders of copies. */
export const COPY_PREFIX = 'copy-';
const RUN_PREFIX = 'olmirror-skopeo-';

/** Copies by running skopeo, one process of its own group per copy. */
export function createSkopeoCopier(options: SkopeoOptions): Copier {
  let version: Promise<string> | null = null;
  const { stateFolder } = options;
  const memory = createMemory(stateFolder);
  function askOnce(): Promise<string> {
    version ??= readSkopeoVersion(options.skopeoPath ?? 'skopeo', pathOnly(options.environment));
    return version;
  }
  return {
    async assertReady(): Promise<void> {
      await askOnce();
    },
    breaksZstdIndexes: async () => breaksZstdIndexes(await askOnce()),
    async copy(request, signal): Promise<void> {
      const folder = await withDisk(formatCopy(request), () => makeFolder(stateFolder));
      try {
        const memoryFolder = request.sharesLayers
          ? await withDisk(formatCopy(request), memory.open)
          : null;
        await runCopy(
          { request: nameAuthFiles(request, options), folder: folder.path, memoryFolder, signal },
          options,
        );
      } finally {
        await removeCopyFolder(folder.link);
      }
    },
    forget: memory.remove,
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

/** Removes what a copy keeps among temporary files, by its link in the state folder. */
export function removeCopyFolder(link: string): Promise<void> {
  return removeRunFolder(link, RUN_PREFIX);
}

interface Memory {
  readonly open: () => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** The folder where the runs of one pass remember blobs: made when it is first asked for. */
function createMemory(stateFolder: string): Memory {
  let folder: Promise<RunFolder> | null = null;
  return {
    async open() {
      const opened = (folder ??= makeFolder(stateFolder));
      try {
        return (await opened).path;
      } catch (error) {
        // The next copy may find room.
        folder = null;
        throw error;
      }
    },
    async remove() {
      const old = folder;
      folder = null;
      // What could not be made need not be removed; the copy has said so.
      const made = await old?.catch(() => undefined);
      if (made !== undefined) await removeCopyFolder(made.link);
    },
  };
}

interface RunFolder {
  readonly path: string;
  /** In the state folder. */
  readonly link: string;
}

async function makeFolder(stateFolder: string): Promise<RunFolder> {
  const link = join(stateFolder, `${COPY_PREFIX}${randomUUID()}`);
  return { link, path: await makeRunFolder(link, join(tmpdir(), RUN_PREFIX)) };
}

function pathOnly(environment: Environment): Record<string, string> {
  return { PATH: environment['PATH'] ?? '' };
}

interface Run {
  readonly request: CopyRequest;
  /** Private to this run. */
  readonly folder: string;
  /** Shared with other runs of the pass; null where there is nothing to remember. */
  readonly memoryFolder: string | null;
  readonly signal: AbortSignal | undefined;
}

async function runCopy(run: Run, options: SkopeoOptions): Promise<void> {
  const { request, folder, signal } = run;
  const places = await withDisk(formatCopy(request), () => makePlaces(run, options));
  if (signal?.aborted === true) throw interrupted(request);
  const { stopped, failed, exitCode, errors } = await (options.runGroup ?? runGroup)({
    program: options.skopeoPath ?? 'skopeo',
    args: buildCopyArguments(request, places),
    environment: buildEnvironment(options.environment, places),
    folder: 'layout' in request.source ? request.source.layout : folder,
    keepsOutput: false,
    limits: options,
    signal,
  });
  if (stopped === 'aborted') throw interrupted(request);
  if (stopped !== null) throw timedOut(request, stopped);
  if (failed) throw buildCopyError(request, { exitCode, stderr: errors });
}

async function makePlaces(
  { request, folder, memoryFolder }: Run,
  { environment, findCertFolder }: SkopeoOptions,
): Promise<SkopeoPlaces> {
  const registriesFolder = join(folder, 'registries.d');
  const temporaryFolder = join(folder, 'tmp');
  await mkdir(registriesFolder);
  await mkdir(temporaryFolder);
  async function makeFor(
    name: string,
    host: string,
    caFile: string | null,
  ): Promise<string | null> {
    return makeCertFolder(join(folder, name), await findCertFolder(host), caFile);
  }
  const { source, sourceAccess, destination, destinationAccess } = request;
  return {
    home: await makePrivateHome(folder, environment, looksUpCredentials(request)),
    registriesFolder,
    temporaryFolder,
    memoryFolder,
    sourceCertFolder:
      'layout' in source
        ? null
        : await makeFor('source-certs', source.host, sourceAccess?.caFile ?? null),
    destinationCertFolder: await makeFor(
      'destination-certs',
      destination.host,
      destinationAccess.caFile,
    ),
  };
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
