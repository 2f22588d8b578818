import { readFile, rmdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import pLimit from 'p-limit';
import { collectAll } from '../base/collect-all.ts';
import { removeFile, writeFileAtomic } from './write-atomic.ts';

export interface ReplaceOptions {
  /** Paths below the root that are to go. */
  readonly remove: readonly string[];
}

/** What a file is to hold; made when its turn comes, since all of them together may be large. */
export type FileContent = string | (() => Uint8Array);

/** Files whose contents are in memory: one is made while others are on their way to the disk. */
const AT_ONCE = 4;

/**
 * Makes files below a root hold these contents; one that holds its content already is not touched.
 * Folders that removals leave empty go too. Returns the paths that changed. After a failure no
 * further file is begun.
 */
export async function replaceFiles(
  root: string,
  files: ReadonlyMap<string, FileContent>,
  options: ReplaceOptions,
): Promise<readonly string[]> {
  const targets = [...files].map(([path, content]) => ({
    path,
    target: resolveBelow(root, path),
    content,
  }));
  const removals = options.remove
    .filter((path) => !files.has(path))
    .map((path) => ({ path, target: resolveBelow(root, path) }));
  const written = await writeAll(targets);
  for (const { path, target } of removals) {
    await removeFile(target);
    await removeEmptyFolders(root, dirname(path));
  }
  return [...written, ...removals.map(({ path }) => path)];
}

interface Target {
  readonly path: string;
  readonly target: string;
  readonly content: FileContent;
}

async function writeAll(targets: readonly Target[]): Promise<readonly string[]> {
  const limit = pLimit(AT_ONCE);
  let failed = false;
  async function writeNext(target: Target): Promise<readonly string[]> {
    if (failed) return [];
    try {
      return (await writeOne(target)) ? [target.path] : [];
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  return (await collectAll(targets.map((target) => limit(writeNext, target)))).flat();
}

/** Whether the file had to be written. */
async function writeOne({ target, content }: Target): Promise<boolean> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content();
  if (await holds(target, bytes)) return false;
  await writeFileAtomic(target, bytes);
  return true;
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes.length && (await readFile(path)).equals(bytes);
  } catch {
    return false;
  }
}

async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let path = folder; path !== '.' && path !== ''; path = dirname(path)) {
    try {
      await rmdir(join(root, path));
    } catch {
      // Not empty, or gone already.
      return;
    }
  }
}

function resolveBelow(root: string, path: string): string {
  const clean = normalize(path);
  if (isAbsolute(clean) || clean === '..' || clean.startsWith(`..${sep}`)) {
    throw new Error(`${path} leaves ${root}`);
  }
  return join(root, clean);
}
