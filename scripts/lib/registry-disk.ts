import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const STORAGE = 'storage/docker/registry/v2';

/** Bytes of all blobs and manifests that a docker-registry keeps; `folder` as `startRegistry` got it. */
export async function weighRegistry(folder: string): Promise<number> {
  const blobs = join(folder, STORAGE, 'blobs');
  const files = await readdir(blobs, { recursive: true }).catch(() => []);
  const data = files.filter((file) => file.endsWith('/data'));
  const sizes = await Promise.all(data.map(async (file) => (await stat(join(blobs, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Empties a docker-registry as its owner does. It keeps no record of blobs, so it need not start again. */
export async function emptyRegistry(folder: string): Promise<void> {
  for (const name of ['blobs', 'repositories'])
    await rm(join(folder, STORAGE, name), { recursive: true, force: true });
}
