import { randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';

export interface WriteFolderOptions {
  /** Take the place of what is there. */
  readonly replace?: boolean;
}

/**
 * Writes a folder, whole or not at all: it is filled under another name beside it and then renamed.
 * It must be new or empty, or else be replaced with all that is in it; a folder with a Git repository
 * and one that holds the current folder never are. Throws `FILES_EXISTS` where it may not be written,
 * `FILES_UNWRITABLE`; what was there is there still.
 */
export async function writeFolder(
  path: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  { replace = false }: WriteFolderOptions = {},
): Promise<void> {
  if (replace) await assertReplaceable(path);
  else await assertFree(path);
  const target = resolve(path);
  const draft = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(draft, { recursive: true });
    for (const [name, content] of files) {
      await mkdir(dirname(join(draft, name)), { recursive: true });
      await writeFile(join(draft, name), content, { flag: 'wx' });
    }
    await place(draft, target, replace);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw new ToolError('FILES_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}.`, {
      cause: error,
      disposition: 'retry',
      hint: 'Name a folder that is not there yet, where the user that runs olmirror may write.',
    });
  }
}

async function place(draft: string, target: string, replace: boolean): Promise<void> {
  const old = `${draft}.old`;
  const moved = replace && (await isThere(target));
  if (moved) await rename(target, old);
  try {
    // Renaming onto an empty folder replaces it; onto any other it fails.
    await rename(draft, target);
  } catch (error) {
    if (moved) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

async function isThere(path: string): Promise<boolean> {
  return (await list(path)) !== null;
}

/** Throws `FILES_EXISTS` where a folder must not be replaced. */
export async function assertReplaceable(path: string): Promise<void> {
  const found = await list(path);
  if (found === null) return;
  const target = await realpath(path);
  const current = await realpath('.');
  const why = found.includes('.git')
    ? 'it holds a Git repository'
    : `${current}/`.startsWith(target === '/' ? '/' : `${target}/`) &&
      'it holds the current folder';
  if (why === false) return;
  throw new ToolError('FILES_EXISTS', `${path} is not replaced: ${why}. Nothing was written.`, {
    hint: 'Name a folder of which nothing else is needed.',
  });
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
