import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogFile } from '../../src/catalog/types.ts';

export interface RealCatalog {
  /** Relative to the folder of real data. */
  readonly path: string;
  readonly files: readonly CatalogFile[];
}

/** Every JSON or YAML file of the real data that may hold a catalog, each for itself. */
export function* listRealFiles(root: string): Generator<RealCatalog, void, undefined> {
  for (const folder of ['small', 'pairs', 'large'])
    for (const file of readAll(root, folder))
      if (/\.(?:json|ya?ml)$/.test(file.path)) yield { path: file.path, files: [file] };
}

/** The catalogs of the real data that are whole: both sides of every pair, and the large ones. */
export function* listRealCatalogs(root: string): Generator<RealCatalog, void, undefined> {
  const pairs = listFolders(root, 'pairs').flatMap((pair) => listFolders(root, pair));
  const large = listFolders(root, 'large').flatMap((version) => listFolders(root, version));
  for (const path of [...pairs, ...large]) yield { path, files: [...readAll(root, path)] };
}

function listFolders(root: string, folder: string): readonly string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .map((name) => `${folder}/${name}`)
    .filter((name) => statSync(join(root, name)).isDirectory());
}

function* readAll(root: string, folder: string): Generator<CatalogFile, void, undefined> {
  const path = join(root, folder);
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  for (const name of names.toSorted())
    if (statSync(join(path, name)).isFile())
      yield { path: `${folder}/${name}`, bytes: readFileSync(join(path, name)) };
}
