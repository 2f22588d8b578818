import type { Problem } from '../base/problem.ts';
import type { CatalogPool } from './catalog-pool.ts';
import type { CatalogSources } from './catalog-sources.ts';

/** The verdict on a catalog. */
export interface SourcesVerdict {
  /** Files that cannot be read first, the others by file, then line. */
  readonly problems: readonly Problem[];
  readonly packages: number;
  readonly bundles: number;
}

/** Judges the files of one catalog, on as many threads as the pool has. */
export async function judgeSources(
  { files, problems: unread }: CatalogSources,
  pool: CatalogPool,
): Promise<SourcesVerdict> {
  const judged = await pool.run({ kind: 'judge', files });
  // Not before the pool is at work: it starts threads before anything that takes long is loaded.
  const { joinJudged } = await import('../catalog/judge-files.ts');
  const { problems, packages, bundles } = await joinJudged(judged, (group) =>
    pool.run({
      kind: 'judge-group',
      files: group.files.flatMap((index) => files[index] ?? []),
      packages: group.packages,
    }),
  );
  return { problems: [...unread, ...problems], packages, bundles };
}
