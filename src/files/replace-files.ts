import { readFile, rmdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { removeFile, writeFileAtomic } from './write-atomic.ts';

export interface ReplaceOptions {
  /** Paths below the root that are to go. */
  readonly remove: readonly string[];
}

/**
 * Makes files below a root hold these contents, each of which may be made when its turn comes; one that holds its content already is not touched.
 * Folders that removals leave empty go too. Returns the paths that changed.
 */
export async function replaceFiles(
  root: string,
  files: ReadonlyMap<string, string | (() => string)>,
  options: ReplaceOptions,
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const [path, source] of files) {
    const target = resolveBelow(root, path);
    const content = typeof source === 'string' ? source : source();
    if (await holds(target, content)) continue;
    await writeFileAtomic(target, content);
    changed.push(path);
  }
  for (const path of options.remove.filter((it) => !files.has(it))) {
    await removeFile(resolveBelow(root, path));
    await removeEmptyFolders(root, dirname(path));
    changed.push(path);
  }
  return changed;
}

async function holds(path: string, content: string): Promise<boolean> {
  try {
    return (await readFile(path)).equals(Buffer.from(content));
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
