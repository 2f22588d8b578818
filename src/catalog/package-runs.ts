import type { Problem } from '../base/problem.ts';
import { foldBlob, forgetValue } from './blob-text.ts';
import { buildCatalog } from './build-catalog.ts';
import type { LearnBlob } from './parse-catalog.ts';
import type { Blob, Catalog, CatalogFile } from './types.ts';
import { walkBlobs } from './walk-blobs.ts';

/** Blobs of one package that stand one after the other in a file. */
export interface PackageRun {
  readonly package: string;
  readonly catalog: Catalog;
  /** More of the package came before in the same file. */
  readonly again: boolean;
}

export interface RunVisitor {
  /** Looks at each blob while its value is at hand. */
  readonly learn: LearnBlob;
  readonly visit: (run: PackageRun) => void;
}

/**
 * Shows one file run by run, which for catalogs as opm writes them means package by package. Of
 * JSON the value of one blob is in memory at a time, of YAML those of one run. Gives the faults of the text.
 */
export function walkPackageRuns(
  file: CatalogFile,
  { learn, visit }: RunVisitor,
): readonly Problem[] {
  const seen = new Set<string>();
  let open: Blob[] = [];
  function close(): void {
    const [first] = open;
    if (first === undefined) return;
    visit({
      package: first.package,
      catalog: buildCatalog(open),
      again: seen.has(first.package),
    });
    seen.add(first.package);
    open = [];
  }
  const problems = walkBlobs(file, ({ blob, text, place }) => {
    if (open[0] !== undefined && open[0].package !== blob.package) close();
    // What was YAML has no text to fold it to, and would have to be printed as JSON.
    const kept = text === null ? blob : foldBlob(blob, text, place);
    learn(kept);
    forgetValue(kept);
    open.push(kept);
  });
  close();
  return problems;
}
