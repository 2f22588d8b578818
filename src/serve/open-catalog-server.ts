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

/**
 * Starts `opm serve` as a pod of the index would, on a free port of 127.0.0.1, and waits until it
 * answers. A cache must be taken as it is: opm checks its digest and builds none.
 */
export async function openCatalogServer(request: ServeRequest): Promise<CatalogServer> {
  try {
    return await start(request, ['--pprof-addr='], TRIES);
  } catch (error) {
    // An opm that has no profiler knows no flag that turns it off.
    if (!isToolError(error, 'SERVE_ENDED') || !/unknown flag: --pprof-addr/.test(error.message))
      throw error;
    return start(request, [], TRIES);
  }
}

async function start(
  request: ServeRequest,
  flags: readonly string[],
  tries: number,
): Promise<CatalogServer> {
  request.signal.throwIfAborted();
  const port = await findFreePort();
  const opm = await startOpm(request, [...flags, `--port=${port}`]);
  const client = createRegistryClient(port, request.timeout);
  try {
    await Promise.race([client.waitUntilReady(), failWhen(opm.ended)]);
  } catch (error) {
    client.close();
    await opm.stop();
    request.signal.throwIfAborted();
    if (tries > 1 && isToolError(error) && /address already in use/.test(error.message))
      return start(request, flags, tries - 1);
    throw error;
  }
  return {
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
  const cache =
    cacheFolder === null ? [] : [`--cache-dir=${cacheFolder}`, '--cache-enforce-integrity=true'];
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
