import { join } from 'node:path';
import type { ClusterFile } from '../cluster/point-cluster-files.ts';
import { listFolder } from '../files/list-folder.ts';
import { readFile } from '../files/read-file.ts';

/**
 * The YAML and JSON below a folder, in byte order of names; their paths begin with the folder's as it was given.
 * Throws `FILES_NOT_FOUND` or `FILES_UNREADABLE`.
 */
export async function readClusterFolder(folder: string): Promise<readonly ClusterFile[]> {
  const entries = (await listFolder(folder)).filter(({ path }) => /\.(?:ya?ml|json)$/.test(path));
  const files: ClusterFile[] = [];
  for (const { path, location, fault } of entries) {
    if (fault !== null) throw fault;
    files.push({
      path: join(folder, path),
      text: Buffer.from(await readFile(location)).toString(),
    });
  }
  return files;
}
