import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TreeEntry } from '../base/tree-entry.ts';
import { buildTemporaryFailure } from './write-failure.ts';

/**
 * Writes a tree into a temporary folder that nobody else looks at yet, with the modes that it says, whatever
 * the umask; its root is `.`. Throws `FILES_UNWRITABLE`.
 */
export async function writeTree(folder: string, items: readonly TreeEntry[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const item of items) {
      const path = join(folder, item.path);
      if (item.type === 'directory') await mkdir(path, { recursive: true });
      else await writeItem(path, item.bytes);
    }
    // The deepest first: a folder that nobody may enter cannot be worked in any more.
    const deepest = items.toSorted((a, b) => b.path.length - a.path.length);
    for (const { path, mode } of deepest) await chmod(join(folder, path), mode);
  } catch (error) {
    throw buildTemporaryFailure(folder, error);
  }
}

async function writeItem(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes, { flag: 'wx' });
}
