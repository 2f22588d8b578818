import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';

/**
 * Writes a file so that a crash leaves the old content or the new, never a part: temporary name,
 * sync, rename. Folders above it are made. Throws `FILES_UNWRITABLE`.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await writeThroughTemporary(path, bytes);
  } catch (error) {
    throw new ToolError('FILES_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}.`, {
      cause: error,
      disposition: 'retry',
      hint: 'Check that its folder may be written by the user that runs olmirror, and that the disk has room.',
    });
  }
}

async function writeThroughTemporary(path: string, bytes: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeSynced(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Removes a file; one that is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function writeSynced(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

// A rename lasts through a power cut only once its folder is on disk.
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
