import type { Problem } from '../base/problem.ts';
import { buildCatalog } from './build-catalog.ts';
import type { Blob, Catalog, CatalogFile } from './types.ts';
import { walkBlobs } from './walk-blobs.ts';

/** Blobs of one package that stand one after the other in a file. */
export interface PackageRun {
  readonly package: string;
  readonly catalog: Catalog;
  /** More of the package came before in the same file. */
  readonly again: boolean;
}

/**
 * Shows one file run by run, which for catalogs as opm writes them means package by package: the
 * values of one run are in memory at a time. Gives the faults of the text.
 */
export function walkPackageRuns(
  file: CatalogFile,
  visit: (run: PackageRun) => void,
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
  const problems = walkBlobs(file, ({ blob }) => {
    if (open[0] !== undefined && open[0].package !== blob.package) close();
    open.push(blob);
  });
  close();
  return problems;
}
