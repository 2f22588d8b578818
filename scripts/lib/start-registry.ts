import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { baseUrl, sendRequest } from './send-request.ts';

export interface RegistryOptions {
  /** Made when absent; holds configuration and storage. */
  readonly folder: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly readOnly?: boolean;
  /** Only `DEMO_USER` with `DEMO_PASSWORD` is known: their bcrypt hash is precomputed. */
  readonly htpasswd?: { readonly user: string; readonly password: string };
  readonly tls?: {
    readonly certFile: string;
    readonly keyFile: string;
    /** Lets in only who shows a certificate of this authority. */
    readonly clientCaFile?: string;
  };
  /** Default true. */
  readonly deleteEnabled?: boolean;
  /** Takes manifests whose layers name URLs to be fetched from. */
  readonly foreignLayers?: boolean;
  /** Outlives this process; its log goes to `registry.log` in the folder. */
  readonly detached?: boolean;
}

export interface RunningRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export const DEMO_USER = 'demo';
export const DEMO_PASSWORD = 'demo-secret';
const DEMO_HASH = '$2a$05$abcdefghijklmnopqrstuuCThTB3Siyh47BQjqon2geCNO7yu4T1e';

/** Runs `docker-registry serve` (or `REGISTRY_BIN`) and resolves when it answers. */
export async function startRegistry(options: RegistryOptions): Promise<RunningRegistry> {
  await mkdir(options.folder, { recursive: true });
  const attempts = options.port ? 1 : 3;
  let failure: unknown;
  // A free port may be taken by another process before the registry listens on it.
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      return await startOn(options.port || (await findFreePort()), options);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function startOn(port: number, options: RegistryOptions): Promise<RunningRegistry> {
  const configFile = join(options.folder, 'config.yml');
  if (options.htpasswd) await writeHtpasswd(options.folder, options.htpasswd);
  await writeFile(configFile, renderConfig(port, options));
  // A pipe would break, and the registry with it, when this process ends before it.
  const log = options.detached ? openSync(join(options.folder, 'registry.log'), 'w') : 'pipe';
  const child = spawn(process.env['REGISTRY_BIN'] ?? 'docker-registry', ['serve', configFile], {
    // Its collector takes a sixth of its CPU time, and there is memory.
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none', GOGC: '800' },
    stdio: ['ignore', 'ignore', log],
    detached: options.detached ?? false,
  });
  if (options.detached) child.unref();
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      errors.push(error.message);
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const host = `127.0.0.1:${port}`;
  const alive = await Promise.race([
    waitUntilAnswers(options.tls ? `https://${host}` : host, child),
    ended.then(() => false),
  ]);
  if (!alive) {
    child.kill('SIGKILL');
    throw new Error(`docker-registry did not start on ${host}: ${errors.join('').slice(-500)}`);
  }
  return { host, port, pid: child.pid ?? 0, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

async function waitUntilAnswers(host: string, child: ChildProcess): Promise<boolean> {
  for (let i = 0; i < 400 && child.exitCode === null; i += 1) {
    try {
      const { status } = await sendRequest(`${baseUrl(host)}/v2/`, { method: 'GET' });
      if (status === 200 || status === 401) return true;
    } catch (error) {
      // Not listening yet, or it wants a certificate, which it says by breaking the connection.
      if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'))
        return true;
    }
    await sleep(25);
  }
  return false;
}

async function writeHtpasswd(
  folder: string,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<void> {
  if (user !== DEMO_USER || password !== DEMO_PASSWORD) {
    throw new Error(`the test registry knows ${DEMO_USER} with ${DEMO_PASSWORD} only`);
  }
  await writeFile(join(folder, 'htpasswd'), `${DEMO_USER}:${DEMO_HASH}\n`);
}

// JSON is YAML.
function renderConfig(port: number, options: RegistryOptions): string {
  const { tls, htpasswd, folder } = options;
  return JSON.stringify(
    {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: join(folder, 'storage') },
        delete: { enabled: options.deleteEnabled ?? true },
        maintenance: {
          uploadpurging: { enabled: false },
          readonly: { enabled: options.readOnly ?? false },
        },
      },
      ...(options.foreignLayers && { validation: { manifests: { urls: { allow: ['.*'] } } } }),
      http: {
        addr: `127.0.0.1:${port}`,
        ...(tls && {
          tls: {
            certificate: tls.certFile,
            key: tls.keyFile,
            ...(tls.clientCaFile && { clientcas: [tls.clientCaFile] }),
          },
        }),
      },
      ...(htpasswd && {
        auth: { htpasswd: { realm: 'olmirror', path: join(folder, 'htpasswd') } },
      }),
    },
    null,
    2,
  );
}
