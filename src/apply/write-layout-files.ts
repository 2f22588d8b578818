import { copyFile, link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LayoutFile } from '../index/render-oci-layout.ts';

/** Puts files of an OCI layout below a folder; what lies in a file already is linked where that is possible. */
export async function writeLayoutFiles(
  files: ReadonlyMap<string, LayoutFile>,
  folder: string,
): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    if (content instanceof Uint8Array) await writeFile(join(folder, path), content);
    else await placeFile(content.file, join(folder, path));
  }
}

// Not every file system has links, nor across its border.
async function placeFile(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  await link(from, to).catch(() => copyFile(from, to));
}
