import type { OncePer } from '../base/once-per.ts';
import type { Problem } from '../base/problem.ts';
import type { ParsedFile } from '../catalog/parse-catalog.ts';
import type { Catalog, CatalogPackage } from '../catalog/types.ts';
import { holdsOnePackage, isNoted, type NotedFile } from './file-notes.ts';

/** What is wrong with a package. */
export type Judge = OncePer<CatalogPackage, readonly Problem[]>;

/** Tells `judge` of the packages that an earlier process judged by the same rules, and found sound. */
export function knowSound(files: Iterable<ParsedFile>, catalog: Catalog, judge: Judge): void {
  for (const [name, { isSound }] of findOnlyFiles(files)) {
    const pkg = catalog.packages.get(name);
    if (isSound && pkg !== undefined) judge.know(pkg, []);
  }
}

/** The noted files that are a package each, with nothing wrong in it. */
export function listSound(
  files: Iterable<ParsedFile>,
  catalog: Catalog,
  judge: Judge,
): ReadonlySet<ParsedFile> {
  const sound = new Set<ParsedFile>();
  for (const [name, file] of findOnlyFiles(files)) {
    const pkg = catalog.packages.get(name);
    if (pkg !== undefined && judge(pkg).length === 0) sound.add(file);
  }
  return sound;
}

/** By name, the packages that consist of one noted file, with that file. */
function findOnlyFiles(files: Iterable<ParsedFile>): ReadonlyMap<string, NotedFile> {
  const only = new Map<string, NotedFile>();
  const shared = new Set<string>();
  for (const file of files) {
    const [first] = file.blobs;
    if (first !== undefined && isNoted(file) && holdsOnePackage(file) && !only.has(first.package))
      only.set(first.package, file);
    else for (const blob of file.blobs) shared.add(blob.package);
  }
  for (const name of shared) only.delete(name);
  return only;
}
