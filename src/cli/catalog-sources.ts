import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { isIgnoreFile, selectFiles } from '../catalog/ignore.ts';
import { listFolder } from '../files/list-folder.ts';
import { readFile } from '../files/read-file.ts';
import type { TreeFile } from '../git/port.ts';
import { type FileSource, toProblem } from './catalog-task.ts';

/** The files of a catalog that opm would load, in its order, and those that cannot be read. */
export interface CatalogSources {
  readonly files: readonly FileSource[];
  readonly problems: readonly Problem[];
}

/** Lists a catalog's folder; its name stands before the paths. */
export async function listFolderSources(folder: string): Promise<CatalogSources> {
  const root = resolve(folder);
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new ToolError('FILES_NOT_FOUND', `"${folder}" is not a directory.`, {
      hint: 'Give the folder of a file-based catalog.',
    });
  return selectSources(await listFolder(root), folder.replace(/\/+$/, ''));
}

/** As `listFolderSources`, for the files that Git sees below a folder of its working tree. */
export async function listTreeSources(
  root: string,
  files: readonly TreeFile[],
  folder: string,
): Promise<CatalogSources> {
  const listed: Listed[] = [];
  for (const file of files) {
    const location = join(root, file.path);
    const path = file.path.slice(folder.length + 1);
    listed.push({ path, location, size: (await stat(location)).size, fault: null });
  }
  return selectSources(listed, folder);
}

type Listed = Awaited<ReturnType<typeof listFolder>>[number];

async function selectSources(listed: readonly Listed[], folder: string): Promise<CatalogSources> {
  const ignoreFiles = [];
  for (const { path, location, fault } of listed)
    if (fault === null && isIgnoreFile({ path }))
      ignoreFiles.push({ path, bytes: await readFile(location) });
  const selected = selectFiles(listed, ignoreFiles);
  return {
    files: selected
      .filter(({ fault }) => fault === null)
      .map(({ path, location, size }) => ({ path: `${folder}/${path}`, size, content: location })),
    problems: selected.flatMap(({ path, fault }) =>
      fault === null ? [] : [toProblem(`${folder}/${path}`, fault)],
    ),
  };
}
