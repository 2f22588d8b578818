import { FNV64_START, hashFnv64 } from '../../base/fnv64.ts';
import { compareTreePaths } from '../../base/tree-order.ts';
import { formatFree } from '../../catalog/cache/format-go.ts';
import { selectCatalogFiles } from '../../catalog/ignore.ts';
import type { CatalogFile } from '../../catalog/types.ts';
import { walkBlobs } from '../../catalog/walk-blobs.ts';
import { formatDigest64 } from './cache-digest.ts';
import type { PogrebRecord } from './pogreb-store.ts';

/**
 * The digest by which opm tells that a pogreb.v1 cache belongs to a catalog (spec "file-based
 * catalogs" §6.5): of every object of the catalog, in the order of the walk, then of every record.
 * Null where a file of the catalog cannot be read.
 */
export function computePogrebDigest(
  files: Iterable<CatalogFile>,
  records: Iterable<PogrebRecord>,
): string | null {
  let state = FNV64_START;
  const walked = selectCatalogFiles(files).toSorted((a, b) => compareTreePaths(a.path, b.path));
  for (const file of walked) {
    const problems = walkBlobs(file, ({ raw }) => {
      state = hashFnv64(state, Buffer.from(`${formatFree(raw)}\n`));
    });
    if (problems.some(({ severity }) => severity === 'error')) return null;
  }
  for (const { key, value } of records) state = hashFnv64(hashFnv64(state, key), value);
  return formatDigest64(state);
}
