import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type RunningRegistry, startRegistry } from '../lib/start-registry.ts';
import type { Narrator } from './narrator.ts';

/** The two registries of the story, and the folder where all of it lies. */
export interface Stage {
  readonly folder: string;
  readonly state: string;
  readonly production: RunningRegistry;
  readonly staging: RunningRegistry;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** Made anew; what an earlier demo left there is removed. */
  readonly folder: string;
  readonly ports: readonly [production: number, staging: number];
  /** The registries outlive the demo. */
  readonly keep: boolean;
  readonly narrator: Pick<Narrator, 'say'>;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { folder } = options;
  await stopLeftRegistries(folder);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'state'), { recursive: true });
  const production = await start('production', options.ports[0], options);
  try {
    const staging = await start('staging', options.ports[1], options);
    await writeFile(listFile(folder), JSON.stringify([production.pid, staging.pid]));
    return {
      folder,
      state: join(folder, 'state'),
      production,
      staging,
      async stop() {
        await Promise.all([production.stop(), staging.stop()]);
        await rm(listFile(folder), { force: true });
      },
    };
  } catch (error) {
    await production.stop();
    throw error;
  }
}

async function start(
  role: string,
  wanted: number,
  options: StageOptions,
): Promise<RunningRegistry> {
  const free = await isFree(wanted);
  const registry = await startRegistry({
    folder: join(options.folder, role),
    port: free ? wanted : 0,
    detached: options.keep,
  });
  const where = `${role.padEnd(10)}  http://${registry.host}`;
  const why = free ? '' : `  (port ${wanted} is taken)`;
  options.narrator.say(`  ${where}${why}`);
  return registry;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

function listFile(folder: string): string {
  return join(folder, 'registries.json');
}

// An earlier `--keep` may have left registries on the folder that is about to be removed.
async function stopLeftRegistries(folder: string): Promise<void> {
  if (!existsSync(listFile(folder))) return;
  const pids: readonly number[] = JSON.parse(await readFile(listFile(folder), 'utf8'));
  for (const pid of pids) if (isRegistryOf(pid, folder)) process.kill(pid, 'SIGKILL');
}

function isRegistryOf(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`);
  } catch {
    return false;
  }
}
