import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';

/**
 * Writes a folder that is new or empty, whole or not at all: it is filled under another name beside
 * it and then renamed. Throws `FILES_EXISTS` where something is in it, `FILES_UNWRITABLE`.
 */
export async function writeFolder(path: string, files: ReadonlyMap<string, string>): Promise<void> {
  await assertFree(path);
  const target = resolve(path);
  const draft = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(draft, { recursive: true });
    for (const [name, text] of files) {
      await mkdir(dirname(join(draft, name)), { recursive: true });
      await writeFile(join(draft, name), text, { flag: 'wx' });
    }
    // Renaming onto an empty folder replaces it; onto any other it fails.
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw new ToolError('FILES_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}.`, {
      cause: error,
      disposition: 'retry',
      hint: 'Name a folder that is not there yet, where the user that runs olmirror may write.',
    });
  }
}

/** Throws `FILES_EXISTS` unless nothing, or an empty folder, is there. */
export async function assertFree(path: string): Promise<void> {
  const found = await list(path);
  if (found === null || found.length === 0) return;
  const what = found.length === 1 ? `${found[0]}` : `${found[0]} and ${found.length - 1} more`;
  throw new ToolError(
    'FILES_EXISTS',
    `${path} is not empty: it holds ${what}. Nothing was written.`,
    {
      hint: 'Name a folder that is empty or not there yet; olmirror overwrites nothing.',
    },
  );
}

async function list(path: string): Promise<readonly string[] | null> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return null;
    const why = code === 'ENOTDIR' ? 'it is a file' : messageOf(error);
    throw new ToolError('FILES_EXISTS', `${path} cannot be the output folder: ${why}.`, {
      cause: error,
      hint: 'Name a folder that is empty or not there yet.',
    });
  }
}
