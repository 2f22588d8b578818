import { randomBytes } from 'node:crypto';
import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { basename } from 'node:path';

/**
 * Makes a private folder for temporary files, named `place` and a random end. A link to it is there before it is,
 * so that whoever tidies up after a kill finds it.
 */
export async function makeRunFolder(link: string, place: string): Promise<string> {
  const folder = `${place}${randomBytes(3).toString('hex')}`;
  await symlink(folder, link);
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

/** Removes the folder behind a link, if its name begins as it must, and the link; does nothing where there is none. */
export async function removeRunFolder(link: string, prefix: string): Promise<void> {
  try {
    const folder = await readlink(link);
    if (basename(folder).startsWith(prefix)) await rm(folder, { recursive: true, force: true });
    await rm(link, { force: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code !== 'ENOENT') throw error;
  }
}
