import type { Problem } from '../base/problem.ts';
import { createProblemList } from '../base/problem-list.ts';
import { foldBlob, forgetValue } from './blob-text.ts';
import { buildCatalog } from './build-catalog.ts';
import { selectCatalogFiles } from './ignore.ts';
import type { Blob, Catalog, CatalogFile, CatalogPackage } from './types.ts';
import { walkBlobs } from './walk-blobs.ts';

export interface ParsedFile {
  readonly blobs: readonly Blob[];
  readonly problems: readonly Problem[];
}

export interface ParsedCatalog {
  readonly catalog: Catalog;
  readonly problems: readonly Problem[];
}

/**
 * Reads the files of one catalog folder as `opm` loads it (spec "file-based catalogs" §1), files
 * named by `.indexignore` left out. Faults do not stop the reading: every one of every file is
 * listed, and what could be read is in the catalog. The catalog holds the bytes of its files, not
 * their parsed values.
 */
export function parseCatalog(files: Iterable<CatalogFile>, learn?: LearnBlob): ParsedCatalog {
  const blobs: Blob[] = [];
  const problems = createProblemList();
  for (const file of selectCatalogFiles(files)) {
    const parsed = parseCatalogFile(file, learn);
    for (const blob of parsed.blobs) blobs.push(blob);
    for (const problem of parsed.problems) problems.add(problem);
  }
  return { catalog: buildCatalog(blobs), problems: problems.all() };
}

/** Asks a blob, while its value is at hand, what is remembered of it (`oncePer`). */
export type LearnBlob = (blob: Blob) => void;

/** As `parseCatalog`, for one file. */
export function parseCatalogFile(file: CatalogFile, learn?: LearnBlob): ParsedFile {
  const blobs: Blob[] = [];
  const problems = walkBlobs(file, ({ blob, text, place }) => {
    const folded = foldBlob(blob, text, place);
    if (learn !== undefined) {
      learn(folded);
      forgetValue(folded);
    }
    blobs.push(folded);
  });
  return { blobs, problems };
}

/** The packages of these names as far as the files hold them. */
export function parsePackages(
  files: Iterable<CatalogFile>,
  names: readonly string[],
): readonly CatalogPackage[] {
  const wanted = new Set(names);
  const blobs: Blob[] = [];
  for (const file of files)
    for (const blob of parseCatalogFile(file).blobs) if (wanted.has(blob.package)) blobs.push(blob);
  return [...buildCatalog(blobs).packages.values()];
}
