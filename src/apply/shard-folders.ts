import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shard } from '../plan/shard.ts';

/** Where one shard has its journal and what it is working on, below the state folder of its manifest. */
export function findShardFolder(stateFolder: string, { part, of }: Shard): string {
  return join(stateFolder, 'shards', `${part}-of-${of}`);
}

/** The folders of all shards that ever worked on a manifest. */
export async function listShardFolders(stateFolder: string): Promise<readonly string[]> {
  const folder = join(stateFolder, 'shards');
  const names = await readdir(folder).catch((): string[] => []);
  return names.toSorted().map((name) => join(folder, name));
}
