import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import { type OpmProcess, runOpm } from './opm-process.ts';
import type { CatalogServer, ServeRequest } from './port.ts';
import { createRegistryClient } from './registry-client.ts';

/** Somebody else may take a port between looking for it and serving on it. */
const TRIES = 3;
/** Milliseconds within which the end of a process is seen after its connections broke. */
const END_LAG = 500;

/** Two of one machine cannot both have the profiler's port. */
const NO_PROFILER = '--pprof-addr=';
const INTEGRITY = '--cache-enforce-integrity=true';

/**
 * Starts `opm serve` as a pod of the index would, on a port that is free, and waits until it says
 * that it serves. It is asked on 127.0.0.1 only; opm itself listens on every address of the machine,
 * since it has no flag for less.
 */
export async function openCatalogServer(request: ServeRequest): Promise<CatalogServer> {
  const flags = request.cacheFolder === null ? [NO_PROFILER] : [NO_PROFILER, INTEGRITY];
  return start(request, { flags, tries: TRIES });
}

interface Attempt {
  /** Those that an older opm does not know, and does not need. */
  readonly flags: readonly string[];
  readonly tries: number;
}

async function start(request: ServeRequest, attempt: Attempt): Promise<CatalogServer> {
  request.signal.throwIfAborted();
  const port = await findFreePort();
  const opm = await startOpm(request, [...attempt.flags, `--port=${port}`]);
  const client = createRegistryClient(port, request.timeout);
  try {
    await Promise.race([client.waitUntilReady(), failWhen(opm.ended)]);
  } catch (error) {
    client.close();
    await opm.stop();
    request.signal.throwIfAborted();
    const next = isToolError(error, 'SERVE_ENDED') ? changeAttempt(attempt, error) : null;
    if (next === null) throw error;
    return start(request, next);
  }
  return {
    checksCache: attempt.flags.includes(INTEGRITY),
    listPackages: () => blame(opm, client.listPackages()),
    getPackage: (name) => blame(opm, client.getPackage(name)),
    listBundles: () => blame(opm, client.listBundles()),
    getBundle: (entry) => blame(opm, client.getBundle(entry)),
    getHead: (channel) => blame(opm, client.getHead(channel)),
    async close() {
      client.close();
      await opm.stop();
    },
  };
}

/** How to try again after opm ended; null where that would not help. */
function changeAttempt({ flags, tries }: Attempt, { message }: ToolError): Attempt | null {
  const strange = /unknown flag: (--[a-z-]+)/.exec(message)?.[1];
  const known = flags.filter((flag) => !flag.startsWith(`${strange}=`));
  if (known.length < flags.length) return { flags: known, tries };
  const taken = tries > 1 && /address already in use/.test(message);
  return taken ? { flags, tries: tries - 1 } : null;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('A port has a number.');
  return address.port;
}

async function startOpm(request: ServeRequest, flags: readonly string[]): Promise<OpmProcess> {
  const { program, catalogFolder, cacheFolder, workFolder, searchPath, signal } = request;
  const temporary = join(workFolder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const cache = cacheFolder === null ? [] : [`--cache-dir=${cacheFolder}`];
  const log = `--termination-log=${join(workFolder, 'termination-log')}`;
  return runOpm(program, ['serve', catalogFolder, ...cache, log, ...flags], {
    folder: workFolder,
    // What opm would look at in the user's home has no business here.
    environment: { PATH: searchPath, HOME: workFolder, TMPDIR: temporary },
    signal,
  });
}

async function failWhen(ended: Promise<ToolError>): Promise<never> {
  throw await ended;
}

/** Where opm is gone, that is why it did not answer. */
async function blame<T>({ ended }: OpmProcess, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw (await Promise.race([ended, sleep(END_LAG, null)])) ?? error;
  }
}
