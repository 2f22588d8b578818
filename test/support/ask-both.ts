import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '../../src/cli/system-clock.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';

const run = promisify(execFile);

/** How both are asked for one manifest. */
export interface Question {
  readonly host: string;
  readonly repository: string;
  readonly insecure: boolean;
  readonly authFile?: string;
  /** Of our client. */
  readonly timeoutMilliseconds?: number;
  /** All of it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Null where it worked, else what it said. */
export async function askSkopeo(question: Question): Promise<string | null> {
  const { host, repository, insecure, authFile, environment } = question;
  const flags = [`--tls-verify=${!insecure}`, ...(authFile ? ['--authfile', authFile] : [])];
  try {
    const args = ['inspect', '--raw', ...flags, `docker://${host}/${repository}:v1`];
    await run('skopeo', args, { env: environment, timeout: 20_000 });
    return null;
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  }
}

/** The same of our client. */
export async function askOurs(question: Question): Promise<string | null> {
  const { repository, authFile = null, ...others } = question;
  const options = { ...others, caFile: null, authFile, retries: 0, clock: systemClock };
  const registry = createHttpRegistry(options);
  try {
    await registry.getManifest(repository, 'v1');
    return null;
  } catch (error) {
    return String(error);
  } finally {
    await registry.close();
  }
}

export interface Home {
  readonly folder: string;
  /** Text as it is, anything else as JSON; a program where the path begins with `bin/`. */
  write(path: string, content: unknown): Promise<string>;
}

export async function makeHome(t: Pick<TestContext, 'after'>): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-home-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return {
    folder,
    async write(path, content) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      await writeFile(file, text, { mode: path.startsWith('bin/') ? 0o755 : 0o600 });
      return file;
    },
  };
}
