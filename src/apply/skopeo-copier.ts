import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolError } from '../base/tool-error.ts';
import { withDisk } from './disk-error.ts';
import type { Copier, CopyRequest, RegistryAccess } from './port.ts';
import { makePrivateHome } from './private-home.ts';
import { type RunGroup, type RunLimits, runGroup } from './run-group.ts';
import {
  buildCopyArguments,
  buildEnvironment,
  type Environment,
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
  /** Default: from this process itself. */
  readonly runGroup?: RunGroup;
}

/** Copies by running skopeo, one process of its own group per copy. */
export function createSkopeoCopier(options: SkopeoOptions): Copier {
  let version: Promise<string> | null = null;
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
      const folder = await withDisk(formatCopy(request), () =>
        mkdtemp(join(tmpdir(), 'olmirror-skopeo-')),
      );
      try {
        await runCopy({ request, folder, signal }, options);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function pathOnly(environment: Environment): Record<string, string> {
  return { PATH: environment['PATH'] ?? '' };
}

interface Run {
  readonly request: CopyRequest;
  /** Private to this run. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

async function runCopy(run: Run, options: SkopeoOptions): Promise<void> {
  const { request, folder, signal } = run;
  const places = await withDisk(formatCopy(request), () => makePlaces(run, options.environment));
  if (signal?.aborted === true) throw interrupted(request);
  const { stopped, failed, exitCode, errors } = await (options.runGroup ?? runGroup)({
    program: options.skopeoPath ?? 'skopeo',
    args: buildCopyArguments(request, places),
    environment: buildEnvironment(options.environment, request, places),
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
  { request, folder }: Run,
  environment: Environment,
): Promise<SkopeoPlaces> {
  const registriesFolder = join(folder, 'registries.d');
  const temporaryFolder = join(folder, 'tmp');
  await mkdir(registriesFolder);
  await mkdir(temporaryFolder);
  return {
    home: await makePrivateHome(folder, environment, looksUpCredentials(request)),
    registriesFolder,
    temporaryFolder,
    dataFolder: folder,
    sourceCertFolder: await makeCertFolder(join(folder, 'source-certs'), request.sourceAccess),
    destinationCertFolder: await makeCertFolder(
      join(folder, 'destination-certs'),
      request.destinationAccess,
    ),
  };
}

async function makeCertFolder(
  folder: string,
  access: RegistryAccess | null,
): Promise<string | null> {
  if (access === null || access.caFile === null) return null;
  await mkdir(folder);
  await copyFile(access.caFile, join(folder, 'ca.crt'));
  return folder;
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
